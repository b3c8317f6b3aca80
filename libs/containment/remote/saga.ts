/** What a containment at the key platform is to come to. `overlap`: both keys live first. `complete` and `cancel` end that. */
export type SagaGoal = 'revoke' | 'replace' | 'overlap' | 'complete' | 'cancel';

/** `attempted`: asked of the platform, and not known to be done. */
export type SagaStepState = 'not_needed' | 'pending' | 'attempted' | 'done';

/** What is recorded of a containment whose steps are calls of a key platform. Times in epoch milliseconds. */
export interface SagaFacts {
  goal: SagaGoal;
  /** Of the old key. */
  revoke: SagaStepState;
  /** Of the successor. */
  create: SagaStepState;
  /** The revocation of the successor. */
  withdraw: SagaStepState;
  hand_over: 'response' | 'sealed' | 'none';
  /** Until then the platform may still be making a successor that was asked for. */
  settles_at: number | null;
  /** When the old key dies, come what may; null where nothing says so. */
  grace_ends_at: number | null;
}

export type SagaStep = 'revoke_old_key' | 'look_for_successor' | 'issue_successor' | 'revoke_successor';
export type SagaMove =
  | { do: SagaStep | 'finish' }
  /** `settling`: it cannot be known before `until` whether there is a successor. `hand_over`: whoever asks for the successor is shown its secret, so somebody must ask. */
  | { do: 'wait'; for: 'settling'; until: number } | { do: 'wait'; for: 'hand_over' };

/**
 * The next step, by what is recorded and nothing else: so whoever goes on after a crash does what was left. A successor is asked for only
 * when none can be there; one that may have been made is looked for first. `attended`: somebody waits for the answer.
 */
export function nextMove(facts: SagaFacts, attended: boolean, now: number): SagaMove {
  const { goal, revoke, create, withdraw } = facts;
  if (goal === 'cancel') return { do: withdraw === 'done' ? 'finish' : 'revoke_successor' };
  if (goal === 'revoke' || goal === 'complete') return { do: revoke === 'done' ? 'finish' : 'revoke_old_key' };
  const graceIsOver = facts.grace_ends_at !== null && now >= facts.grace_ends_at;
  if (revoke !== 'done' && (goal === 'replace' || graceIsOver)) return { do: 'revoke_old_key' };
  if (create === 'done') return { do: 'finish' };
  if (create === 'attempted') {
    return facts.settles_at !== null && now < facts.settles_at ? { do: 'wait', for: 'settling', until: facts.settles_at } : { do: 'look_for_successor' };
  }
  return facts.hand_over === 'response' && !attended ? { do: 'wait', for: 'hand_over' } : { do: 'issue_successor' };
}

/** What a containment has come to when no step is left. */
export function endOf({ revoke, withdraw }: Pick<SagaFacts, 'revoke' | 'withdraw'>): 'contained' | 'cancelled' | 'overlap' {
  if (withdraw === 'done') return 'cancelled';
  return revoke === 'done' ? 'contained' : 'overlap';
}

/** Whether it can be given up: the platform has done nothing, for certain. */
export const isUntouched = ({ revoke, create, withdraw }: Pick<SagaFacts, 'revoke' | 'create' | 'withdraw'>): boolean =>
  [revoke, create, withdraw].every((state) => state === 'pending' || state === 'not_needed');

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/** How long to leave the platform alone after so many failures in a row. */
export const pauseAfter = (failures: number): number => Math.min(FIRST_PAUSE_MS * 2 ** Math.min(Math.max(failures, 1) - 1, 20), LONGEST_PAUSE_MS);
