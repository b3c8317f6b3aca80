import type { Recovery, RecoveryCaller } from '@keytrail/contracts';
import { isoOrNull, latest, type CallerEvidence } from './caller-evidence.js';
import { runtimeOf } from './runtime.js';

/** A fleet moves one by one: while the old key was tried so lately, the caller as a whole has not moved. */
const LATELY_MS = 60_000;

type Standing = Pick<RecoveryCaller, 'state' | 'on'> & { since: number | null };

/**
 * Where each caller of a revoked key stands. `since`: of a healthy one its first success with the new key, of a failing one its first
 * refusal, of a silent one when it was last heard of.
 */
export function recoveryOf(callers: readonly CallerEvidence[], complete: boolean, now: number): Recovery {
  const board = callers.filter(concerned).map((caller): RecoveryCaller => {
    const { state, on, since } = standingOf(caller, now);
    return {
      network: caller.network, user_agent: caller.user_agent, runtime: runtimeOf(caller.user_agent), state, on, since: isoOrNull(since), known: caller.before > 0,
      old_refused: caller.old_refused, new_accepted: caller.new_accepted, new_refused: caller.new_refused,
      last_seen: isoOrNull(latest(caller.last_before, caller.last_old, caller.last_new_accepted, caller.last_new_refused)),
    };
  });
  const count = (state: RecoveryCaller['state']) => board.filter((caller) => caller.state === state).length;
  const known = board.filter((caller) => caller.known);
  return {
    recovered: complete && known.every(({ state }) => state === 'healthy'), healthy: count('healthy'), failing: count('failing'), silent: count('silent'),
    callers: board, complete,
  };
}

/** Whoever uses only the new key, and never used the old one, has nothing to recover from. */
const concerned = ({ before, last_old }: CallerEvidence) => before > 0 || last_old !== null;

function standingOf(caller: CallerEvidence, now: number): Standing {
  const { last_old, last_new_accepted, last_new_refused } = caller;
  if (last_old !== null && (last_new_accepted === null || last_new_accepted <= last_old || now - last_old < LATELY_MS)) {
    return { state: 'failing', on: 'old', since: caller.first_old_refused ?? last_old };
  }
  if (last_new_refused !== null && (last_new_accepted === null || last_new_accepted <= last_new_refused)) {
    return { state: 'failing', on: 'new', since: caller.first_new_refused };
  }
  if (last_new_accepted !== null) return { state: 'healthy', on: null, since: caller.first_new_accepted };
  return { state: 'silent', on: null, since: caller.last_before };
}
