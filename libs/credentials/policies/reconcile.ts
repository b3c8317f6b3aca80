import type { IssuedKind, PolicyId, PolicySeverity, ViolationEnd } from '@keytrail/contracts';
import { policies } from './catalogue.js';
import type { KeyFacts } from './policy.js';

/** An open violation as it is kept. */
export interface OpenViolation {
  violation_id: string; policy: PolicyId; severity: PolicySeverity; key_id: string; kind: IssuedKind | null; workspace_id: string | null;
  owner_id: string | null; summary: string; since: Date; due_at: Date | null;
}

/** A violation as a check finds it; null where nobody knows when it began. */
export type FoundViolation = Omit<OpenViolation, 'violation_id' | 'since'> & { since: Date | null };

export interface Changes {
  open: FoundViolation[];
  change: { before: OpenViolation; after: OpenViolation }[];
  end: { violation: OpenViolation; end_reason: ViolationEnd }[];
}

/** What one check of some keys found: each that was looked at, what they violate, and what could not be told. */
export interface Found {
  keys: ReadonlySet<string>;
  violations: readonly FoundViolation[];
  /** Of {@link slotOf}. */
  unknown: ReadonlySet<string>;
}

/** There is one open violation for each. */
export const slotOf = ({ key_id, policy }: { key_id: string; policy: PolicyId }): string => `${policy} ${key_id}`;

/** Judges active keys by every policy. */
export function judgeAll(keys: readonly KeyFacts[], now: Date): Found {
  const violations: FoundViolation[] = [];
  const unknown = new Set<string>();
  for (const key of keys) {
    for (const policy of policies) {
      const judgement = policy.judge(key, now);
      if (judgement === 'unknown') unknown.add(slotOf({ key_id: key.key_id, policy: policy.id }));
      else if (judgement !== 'kept') violations.push({ policy: policy.id, key_id: key.key_id, kind: key.kind, workspace_id: key.workspace_id, owner_id: key.owner.owner_id, ...judgement });
    }
  }
  return { keys: new Set(keys.map(({ key_id }) => key_id)), violations, unknown };
}

/**
 * How to bring what is kept of some keys to what a check found. A key that was not among those looked at is active no more. Where nobody
 * knows the beginning, what was taken for it before stands.
 */
export function reconcile(kept: readonly OpenViolation[], { keys, violations, unknown }: Found): Changes {
  const before = new Map(kept.map((violation) => [slotOf(violation), violation]));
  const changes: Changes = { open: [], change: [], end: [] };
  const still = new Set<string>();
  for (const one of violations) {
    const slot = slotOf(one);
    still.add(slot);
    const old = before.get(slot);
    if (old === undefined) {
      changes.open.push(one);
      continue;
    }
    const after = { ...one, violation_id: old.violation_id, since: one.since ?? old.since };
    if (differs(old, after)) changes.change.push({ before: old, after });
  }
  for (const [slot, violation] of before) {
    if (still.has(slot) || unknown.has(slot)) continue;
    changes.end.push({ violation, end_reason: keys.has(violation.key_id) ? 'put_right' : 'key_ended' });
  }
  return changes;
}

const differs = (a: OpenViolation, b: OpenViolation): boolean => a.severity !== b.severity || a.summary !== b.summary || a.owner_id !== b.owner_id
  || a.since.getTime() !== b.since.getTime() || a.due_at?.getTime() !== b.due_at?.getTime();
