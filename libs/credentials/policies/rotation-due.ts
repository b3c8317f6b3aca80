import { kindRules } from '../kinds.js';
import { rotationDays } from '../rotation.js';
import { DAY_MS, dayOf, type KeyFacts, type Policy } from './policy.js';

/** A rotation takes days: callers have to move. Who rotates often is told later, a tenth of the length before. */
const LEAD_DAYS = 14;

/** An overlap may take as long; then an old key that lives beside its successor is one that was never retired. */
const LONGEST_OVERLAP_DAYS = 90;

/**
 * From when a key is due for rotation, and when it is overdue. A service token: after six months, or from the date asked for where that is
 * earlier, and overdue after twelve. Any other: shortly before its date, and overdue from it; the date follows the policy of the workspace.
 */
export function rotationLimits({ kind, created_at, rotation_due_at }: Pick<KeyFacts, 'kind' | 'created_at' | 'rotation_due_at'>): { due: Date; overdue: Date } {
  const made = created_at.getTime();
  const date = rotation_due_at.getTime();
  if (kind === 'service_token') {
    const { days, longest } = rotationDays(kind, {});
    return { due: new Date(Math.min(date, made + days * DAY_MS)), overdue: new Date(made + longest * DAY_MS) };
  }
  const lead = Math.min(LEAD_DAYS * DAY_MS, Math.max(0, date - made) / 10);
  return { due: new Date(date - lead), overdue: rotation_due_at };
}

export const rotationDue: Policy = {
  id: 'rotation-due', title: 'Rotation due',
  why: 'The longer a key lives, the more places hold a copy of it. Rotating it ends every copy that nobody knows of.',
  judge(key, now) {
    const { noun } = kindRules[key.kind];
    if (key.successor_at !== null) {
      const late = new Date(key.successor_at.getTime() + LONGEST_OVERLAP_DAYS * DAY_MS);
      if (now < late) return 'kept';
      return {
        severity: 'breach', since: late, due_at: late,
        summary: `The ${noun} ${key.name} was replaced on ${dayOf(key.successor_at)} and lives on: its rotation was never completed.`,
      };
    }
    const { due, overdue } = rotationLimits(key);
    if (now < due) return 'kept';
    const isOverdue = now >= overdue;
    return {
      severity: isOverdue ? 'breach' : 'warn', since: due, due_at: overdue,
      summary: isOverdue ? `The ${noun} ${key.name} of ${dayOf(key.created_at)} should have been rotated by ${dayOf(overdue)}.`
        : `The ${noun} ${key.name} of ${dayOf(key.created_at)} is due for rotation, by ${dayOf(overdue)} at the latest.`,
    };
  },
};
