import type { ContainmentAction, ContainmentState, ContainmentStep } from '@keytrail/contracts';

/** What is known of a containment and its keys. */
export interface Progress {
  action: ContainmentAction;
  state: ContainmentState;
  hand_over: 'response' | 'sealed' | 'none';
  successor_id: string | null;
  started_at: Date;
  revoked_at: Date | null;
  ended_at: Date | null;
  overlap_ends_at: Date | null;
  warned_at: Date | null;
  /** Of the keys themselves, which can be revoked by other means too. */
  old_revoked_at: Date | null;
  successor_revoked_at: Date | null;
}

const at = (date: Date | null) => date?.toISOString() ?? null;

/** What is done and what is not. */
export function stepsOf(progress: Progress): ContainmentStep[] {
  const { successor_id, hand_over, started_at } = progress;
  const steps: ContainmentStep[] = [];
  if (successor_id !== null) {
    steps.push({ step: 'successor_issued', state: 'done', at: at(started_at), note: successor_id });
    steps.push(handedOver(hand_over, at(started_at)));
  }
  steps.push(oldKey(progress));
  if (progress.successor_revoked_at !== null || progress.state === 'cancelled') {
    steps.push({ step: 'successor_revoked', state: 'done', at: at(progress.successor_revoked_at ?? progress.ended_at), note: progress.state === 'cancelled' ? 'The rotation was cancelled' : 'By itself, later' });
  }
  return steps;
}

function handedOver(handOver: Progress['hand_over'], time: string | null): ContainmentStep {
  const step = 'secret_handed_over' as const;
  if (handOver === 'none') return { step, state: 'not_needed', at: null, note: 'This kind of key has no secret' };
  if (handOver === 'sealed') return { step, state: 'done', at: time, note: 'Sealed to its owner; `sealed` holds it' };
  return { step, state: 'done', at: time, note: 'Shown once, in the answer to the call; nobody can read it again' };
}

function oldKey({ state, old_revoked_at, overlap_ends_at }: Progress): ContainmentStep {
  const step = 'old_key_revoked' as const;
  if (old_revoked_at !== null) return { step, state: 'done', at: at(old_revoked_at), note: 'For good' };
  if (state === 'cancelled') return { step, state: 'not_needed', at: null, note: 'The rotation was cancelled; the key lives' };
  return { step, state: 'pending', at: null, note: `Both keys live; the overlap ends at ${at(overlap_ends_at)}` };
}

/** What is left to do and by which call; null when nothing is. */
export function nextOf({ state, action, hand_over, successor_revoked_at, successor_id, warned_at }: Progress): string | null {
  if (state === 'overlap' && successor_revoked_at !== null) return 'The new key is revoked: cancel this (POST …/cancel) and rotate again, or complete it by force.';
  if (state === 'overlap' && warned_at !== null) return 'The overlap has ended and callers have not moved: complete it by force (POST …/complete), or cancel it (POST …/cancel).';
  if (state === 'overlap') return action === 'rotate' ? 'Move the callers; then complete it (POST …/complete), or cancel it (POST …/cancel).' : 'Nothing: the old key is revoked at the end of its grace, or at once by POST …/complete.';
  if (state === 'contained' && hand_over === 'response' && successor_revoked_at === null) {
    return `Give the owner the new secret. If the answer that showed it was lost, replace ${successor_id} by POST …/revoke-and-replace: its secret can be had in no other way.`;
  }
  return null;
}
