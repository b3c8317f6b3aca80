import type { ImportOwners, OwnerImport } from '@keytrail/contracts';
import { containAllOf } from './contain-all.js';
import type { LineProblem, Note } from './import-row.js';
import type { NewOwner } from './owner-row.js';
import type { Reassignment } from './plan-keys.js';
import { leaves, type OwnerChange } from './plan-owners.js';

const MOST_LISTED = 1_000;

/** All that an import does. */
export interface ImportPlan {
  read: number;
  created: NewOwner[];
  changed: OwnerChange[];
  reassigned: Reassignment[];
  refused: LineProblem[];
  notes: Note[];
  unchanged: number;
  unknown: number;
  /** So many may leave. */
  most: number;
  exceeded: boolean;
}

/** What is told of an import. `done`: absent for a dry run. `activeKeysOf`: of those who leave, where there are any. */
export function presentImport(
  { format, source = format, dry_run }: ImportOwners, plan: ImportPlan, activeKeysOf: ReadonlyMap<string, number>,
  done: { importId: string; ids: ReadonlyMap<NewOwner, string> } | undefined,
): OwnerImport {
  const left = plan.changed.filter(leaves);
  const changed = plan.changed.filter((change) => !leaves(change));
  const idOf = (owner: NewOwner) => done?.ids.get(owner) ?? null;
  const lists = {
    created: plan.created.map((owner) => ({ line: owner.line, owner_id: idOf(owner), name: owner.name })),
    changed: changed.map(({ line, before, patch }) => ({ line: line ?? 0, owner_id: before.owner_id, name: patch.name ?? before.name, fields: Object.keys(patch).sort() })),
    left: left.map(({ line, before }) => {
      const active_keys = activeKeysOf.get(before.owner_id) ?? 0;
      return { line, owner_id: before.owner_id, name: before.name, active_keys, action: active_keys > 0 ? containAllOf(before.owner_id) : null };
    }),
    reassigned: plan.reassigned.map(({ line, key, from, to }) => ({
      line, key_id: key.key_id, name: key.name, from: { owner_id: from.owner_id, name: from.name },
      to: 'owner_id' in to ? { owner_id: to.owner_id, name: to.name } : { owner_id: idOf(to), name: to.name },
    })),
    refused: [...plan.refused].sort((a, b) => a.line - b.line),
    notes: plan.notes,
  };
  return {
    dry_run, import_id: done?.importId ?? null, format, source,
    counts: {
      read: plan.read, created: lists.created.length, changed: lists.changed.length, left: lists.left.length, reassigned: lists.reassigned.length, unchanged: plan.unchanged,
      unknown: plan.unknown, refused: lists.refused.length,
    },
    left_limit: { most: plan.most, exceeded: plan.exceeded },
    created: first(lists.created), changed: first(lists.changed), left: first(lists.left), reassigned: first(lists.reassigned), refused: first(lists.refused), notes: first(lists.notes),
    complete: Object.values(lists).every(({ length }) => length <= MOST_LISTED),
  };
}

const first = <T>(list: readonly T[]): T[] => list.slice(0, MOST_LISTED);
