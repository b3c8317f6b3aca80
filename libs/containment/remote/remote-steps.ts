import type { Containment, ContainmentStep } from '@keytrail/contracts';
import { nextOf, type Progress } from '../steps.js';
import type { SagaRecord } from './saga.store.js';

const at = (date: Date | null) => date?.toISOString() ?? null;
const unconfirmed = (what: string, since: Date | null) => `${what} was asked of the key platform at ${at(since)}; it has not confirmed it`;

/** What the key platform has done for certain, what it has not, and what nobody knows yet. */
export function remoteStepsOf(progress: Progress, saga: SagaRecord): ContainmentStep[] {
  const successor = saga.plan === null ? [] : [issued(progress, saga), handedOver(saga)];
  const old = oldKey(progress, saga);
  const steps = saga.goal === 'replace' ? [old, ...successor] : [...successor, old];
  return saga.withdraw_state === 'not_needed' && progress.successor_revoked_at === null ? steps : [...steps, withdrawn(progress, saga)];
}

function oldKey({ state, old_revoked_at, overlap_ends_at }: Progress, { revoke_state, revoke_at }: SagaRecord): ContainmentStep {
  const step = 'old_key_revoked' as const;
  if (old_revoked_at !== null) return { step, state: 'done', at: at(old_revoked_at), note: 'For good' };
  if (revoke_state === 'done') return { step, state: 'pending', at: null, note: 'The key platform revoked the key and says now that it lives again' };
  if (state === 'cancelled') return { step, state: 'not_needed', at: null, note: 'It was cancelled; the key lives' };
  if (revoke_state === 'attempted') return { step, state: 'unknown', at: at(revoke_at), note: unconfirmed('The revocation', revoke_at) };
  return { step, state: 'pending', at: null, note: state === 'overlap' ? `Both keys live; the overlap ends at ${at(overlap_ends_at)}` : 'The key lives; nothing was done to it' };
}

function issued({ state, successor_id }: Progress, { create_state, create_at }: SagaRecord): ContainmentStep {
  const step = 'successor_issued' as const;
  if (create_state === 'done') return { step, state: 'done', at: at(create_at), note: successor_id ?? '' };
  if (create_state === 'attempted') return { step, state: 'unknown', at: at(create_at), note: unconfirmed('A successor', create_at) };
  return state === 'cancelled' ? { step, state: 'not_needed', at: null, note: 'It was cancelled' } : { step, state: 'pending', at: null, note: 'There is none' };
}

function handedOver({ secret, create_at }: SagaRecord): ContainmentStep {
  const step = 'secret_handed_over' as const;
  switch (secret) {
    case 'sealed': return { step, state: 'done', at: at(create_at), note: 'Sealed to its owner; `sealed` holds it' };
    case 'shown': return { step, state: 'done', at: at(create_at), note: 'Shown once, in the answer to the call; nobody can read it again' };
    case 'lost': return { step, state: 'lost', at: null, note: 'The answer of the key platform that showed it never arrived' };
    case 'not_needed': return { step, state: 'not_needed', at: null, note: 'This kind of key has no secret' };
    case 'pending': return { step, state: 'pending', at: null, note: 'There is none yet' };
  }
}

function withdrawn({ successor_revoked_at }: Progress, { withdraw_state, withdraw_at, goal }: SagaRecord): ContainmentStep {
  const step = 'successor_revoked' as const;
  if (successor_revoked_at !== null) return { step, state: 'done', at: at(successor_revoked_at), note: goal === 'cancel' ? 'The rotation was cancelled' : 'By itself, later' };
  if (withdraw_state === 'attempted') return { step, state: 'unknown', at: at(withdraw_at), note: unconfirmed('The revocation', withdraw_at) };
  return { step, state: 'pending', at: null, note: 'The rotation is being cancelled; the new key lives' };
}

/** What is left to do and by which call; null when nothing is. */
export function remoteNextOf(progress: Progress, saga: SagaRecord): string | null {
  const { state, successor_id, successor_revoked_at } = progress;
  if (state === 'in_progress') return 'Nothing: it is being worked on. Should that end without a word, it is gone on with by itself.';
  if (state === 'stuck') {
    const again = saga.next_attempt_at === null ? '' : ` It is tried again by itself at ${at(saga.next_attempt_at)}.`;
    if (saga.create_state === 'attempted' && saga.settles_at !== null) return `Whether there is a successor cannot be known before ${at(saga.settles_at)}: until then the key platform may still be making it.${again} Or go on with POST …/resume after that.`;
    if (saga.create_state === 'pending' && saga.next_attempt_at === null) return 'Go on with POST …/resume: its answer shows the new secret, so it is not issued while nobody waits for it.';
    return `Go on with POST …/resume.${again}`;
  }
  if (saga.secret === 'lost' && successor_revoked_at === null && state !== 'cancelled') {
    return `The secret of ${successor_id} never arrived, and nobody has it: replace it by POST /v1/api-keys/${successor_id}/revoke-and-replace.`;
  }
  return nextOf(progress);
}

/** How the work at the key platform goes. */
export const remoteOf = (saga: SagaRecord): Containment['remote'] => ({ attempts: saga.attempts, next_attempt_at: at(saga.next_attempt_at), last_error: saga.last_error });
