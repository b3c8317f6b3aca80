import type { EscalationContact } from '@keytrail/contracts';
import { OwnerIndex } from './owner-index.js';
import type { ImportRow, LineProblem, Note } from './import-row.js';
import type { NewOwner, OwnerPatch, OwnerRow } from './owner-row.js';

const NEVER_LIMITED = 3;

export interface OwnerChange {
  /** null: the owner is absent. */
  line: number | null;
  before: OwnerRow;
  patch: OwnerPatch;
}

export interface OwnersPlan {
  created: NewOwner[];
  /** Those that leave are among them. */
  changed: OwnerChange[];
  refused: LineProblem[];
  notes: Note[];
  unchanged: number;
  unknown: number;
}

export interface PlanOptions {
  source: string;
  create: boolean;
  absent: 'keep' | 'left';
  /** Somebody may be missing only because a line could not be read. */
  unread: boolean;
}

/** What lines make of the owners that are there: decided line by line, so that one that cannot be used leaves the others alone. */
export function planOwners(rows: readonly ImportRow[], owners: readonly OwnerRow[], { source, create, absent, unread }: PlanOptions): OwnersPlan {
  const plan: OwnersPlan = { created: [], changed: [], refused: [], notes: [], unchanged: 0, unknown: 0 };
  const index = new OwnerIndex(owners);
  const lineOf = new Map<string, number>();
  for (const row of rows) {
    const refuse = (code: string, message: string) => plan.refused.push({ line: row.line, code, message });
    const match = index.match(row);
    if ('problem' in match) refuse(...match.problem);
    else if (match.owner === undefined) {
      const made = create && row.status !== 'left' ? newOwner(row, source) : undefined;
      if (made === undefined) plan.unknown += 1;
      else if (typeof made === 'string') refuse('incomplete', made);
      else if (index.taken(made) !== undefined) refuse('name_taken', takenMessage(index.taken(made)!));
      else {
        index.add(made);
        plan.created.push(made);
      }
    } else {
      const { owner } = match;
      const earlier = lineOf.get(owner.owner_id);
      const patch = patchOf(row, owner, source);
      const taken = index.taken(patch, owner.owner_id);
      if (earlier !== undefined) refuse('same_owner', `names the same owner as ${earlier}`);
      else if (taken !== undefined) refuse('name_taken', takenMessage(taken));
      else {
        index.rename(owner, patch);
        if (saysMore(patch)) plan.changed.push({ line: row.line, before: owner, patch });
        else plan.unchanged += 1;
      }
      lineOf.set(owner.owner_id, earlier ?? row.line);
    }
  }
  if (absent === 'left') leaveAbsent(plan, owners.filter(({ owner_id }) => !lineOf.has(owner_id)), source, unread);
  return plan;
}

/** So many may leave by an import that was not told a number. */
export const usualMostLeft = (owners: readonly OwnerRow[]): number =>
  Math.max(NEVER_LIMITED, Math.floor(owners.filter(({ status }) => status === 'active').length / 10));

export const leaves = ({ before, patch }: OwnerChange): boolean => before.status === 'active' && patch.status === 'left';

/** Where it comes from alone is noted beside other changes, and no change by itself, but for those whose absence is to count. */
const saysMore = (patch: OwnerPatch) => Object.keys(patch).length > 0;

function leaveAbsent(plan: OwnersPlan, missing: readonly OwnerRow[], source: string, unread: boolean): void {
  const gone = missing.filter((owner) => owner.source === source && owner.status === 'active');
  if (gone.length === 0) return;
  if (unread || plan.refused.length > 0) {
    plan.notes.push({ line: null, message: `${gone.length} active owners are absent. None of them is said to have left, since lines were refused that may be theirs` });
    return;
  }
  plan.changed.push(...gone.map((before) => ({ line: null, before, patch: { status: 'left' as const } })));
}

const takenMessage = (name: string) => `another owner has this ${name}`;

function newOwner({ line, name, kind, contact, email, handle, external_id, escalation }: ImportRow, source: string): NewOwner | string {
  const called = name ?? handle ?? email;
  const reached = contact ?? email ?? (handle === undefined ? undefined : `@${handle}`);
  if (called === undefined || called.length > 120) return 'names nobody who is known, and has no name of 1 to 120 characters to make an owner of';
  if (reached === undefined) return 'names nobody who is known, and does not say how to reach them';
  return {
    line, name: called, kind: kind ?? 'person', contact: reached, email: email ?? null, handle: handle ?? null, external_id: external_id ?? null, source, escalation: escalation ?? [],
  };
}

function patchOf(row: ImportRow, owner: OwnerRow, source: string): OwnerPatch {
  const patch: Record<string, unknown> = {};
  for (const field of ['name', 'contact', 'email', 'handle', 'external_id', 'status'] as const) {
    if (row[field] !== undefined && row[field] !== owner[field]) patch[field] = row[field];
  }
  if (row.escalation !== undefined && !sameContacts(row.escalation, owner.escalation)) patch['escalation'] = row.escalation;
  if (owner.source === null) patch['source'] = source;
  return patch;
}

const sameContacts = (some: readonly EscalationContact[], others: readonly EscalationContact[]) =>
  some.length === others.length && some.every(({ name, contact }, place) => others[place]!.name === name && others[place]!.contact === contact);
