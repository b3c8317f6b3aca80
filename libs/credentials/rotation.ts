import type { IssuedKind, RotationPolicy, UpdateRotationPolicy } from '@keytrail/contracts';
import { badRequest } from '@keytrail/platform';

const DAY_MS = 86_400_000;

/** Days from making to rotation where a workspace has no say of its own. */
const PROPOSED: Readonly<Record<IssuedKind, number>> = { api_key: 180, service_token: 180, workspace_key: 180, public_key: 365, signing_key: 365 };

/** A service token is due after six months, and may be used for twelve at most. */
const SERVICE_TOKEN_LONGEST = 365;

/** The policy of a workspace, whole. */
export const policyOf = (own: Partial<RotationPolicy>): RotationPolicy => ({
  api_key: own.api_key ?? PROPOSED.api_key, workspace_key: own.workspace_key ?? PROPOSED.workspace_key,
  public_key: own.public_key ?? PROPOSED.public_key, signing_key: own.signing_key ?? PROPOSED.signing_key,
});

/** What a workspace says of its own after a change: null takes its say back. */
export function changePolicy(own: Partial<RotationPolicy>, change: UpdateRotationPolicy): Partial<RotationPolicy> {
  const merged = Object.entries({ ...own, ...change }).filter(([, days]) => days !== null && days !== undefined);
  return Object.fromEntries(merged) as Partial<RotationPolicy>;
}

export interface RotationDue {
  rotation_due_at: Date;
  /** Whether it moves with the policy. */
  rotation_follows_policy: boolean;
}

/** Days after which a key of this kind is due, and the most that may be asked for. */
export function rotationDays(kind: IssuedKind, own: Partial<RotationPolicy>): { days: number; longest: number } {
  if (kind === 'service_token') return { days: PROPOSED.service_token, longest: SERVICE_TOKEN_LONGEST };
  const days = policyOf(own)[kind];
  return { days, longest: days };
}

/**
 * When a key is due for rotation: as the policy says, or as asked for where that is earlier. Throws 400 `rotation_due_in_the_past` and
 * `rotation_due_too_late`.
 */
export function rotationDue(kind: IssuedKind, own: Partial<RotationPolicy>, made: Date, asked: string | null | undefined, now: Date): RotationDue {
  const { days, longest } = rotationDays(kind, own);
  if (asked === undefined || asked === null) return { rotation_due_at: new Date(made.getTime() + days * DAY_MS), rotation_follows_policy: true };
  const due = new Date(asked);
  if (due <= now) throw badRequest('rotation_due_in_the_past', 'rotation_due_at lies in the past.');
  if (due.getTime() > made.getTime() + longest * DAY_MS) {
    throw badRequest('rotation_due_too_late', `rotation_due_at lies beyond the ${longest} days that the rotation policy allows.`);
  }
  return { rotation_due_at: due, rotation_follows_policy: false };
}

/** When the successor of a key is due: as the policy says, or after as long as was asked for the old one, the policy permitting. */
export function rotationOfSuccessor(
  key: RotationDue & { kind: IssuedKind; created_at: Date }, own: Partial<RotationPolicy>, now: Date,
): RotationDue {
  const byPolicy = rotationDue(key.kind, own, now, undefined, now);
  if (key.rotation_follows_policy) return byPolicy;
  const length = Math.min(key.rotation_due_at.getTime() - key.created_at.getTime(), rotationDays(key.kind, own).longest * DAY_MS);
  return { rotation_due_at: new Date(now.getTime() + length), rotation_follows_policy: false };
}
