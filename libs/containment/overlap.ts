import type { OnOverlapEnd, OverlapCaller, UnsafeReason } from '@keytrail/contracts';
import { isoOrNull, latest, type CallerEvidence } from './caller-evidence.js';
import { runtimeOf } from './runtime.js';

const DAY_MS = 86_400_000;

/** A caller whose old key was quiet for this long while the new one worked has moved. */
export const MOVED_AFTER_MS = 5 * 60_000;

/** Jobs run weekly at the least often; who was silent for longer is gone. */
export const GONE_AFTER_MS = 7 * DAY_MS;

/** How often an overlap extends itself. */
export const MOST_EXTENSIONS = 3;

export interface OverlapEvidence {
  callers: readonly CallerEvidence[];
  /** False: there are more callers than were read. */
  complete: boolean;
}

export interface OverlapVerdict {
  callers: OverlapCaller[];
  safe_to_revoke: boolean;
  reasons: UnsafeReason[];
}

/**
 * Whether the old key of an overlap can go without breaking anybody. No evidence (undefined: the request logs could not be asked) is no
 * safety.
 */
export function judgeOverlap(evidence: OverlapEvidence | undefined, successorActive: boolean, now: number): OverlapVerdict {
  const callers = (evidence?.callers ?? []).filter(({ before, last_old }) => before > 0 || last_old !== null).map((caller) => present(caller, now));
  const inState = (state: OverlapCaller['state']) => callers.filter((caller) => caller.state === state).length;
  const candidates: UnsafeReason[] = [
    { code: 'caller_not_moved', callers: inState('not_moved'), message: 'use the old key alone' },
    { code: 'caller_on_both', callers: inState('on_both'), message: 'use both keys' },
    { code: 'caller_refused_on_new', callers: inState('refused_on_new'), message: 'try the new key and are refused' },
    { code: 'caller_silent', callers: inState('silent'), message: 'used the old key within 7 days before, and have used neither since' },
  ];
  const reasons = candidates.filter(({ callers: number }) => number > 0);
  if (!successorActive) reasons.push({ code: 'successor_not_active', callers: 0, message: 'The new key is revoked or expired' });
  if (evidence === undefined) reasons.push({ code: 'evidence_unavailable', callers: 0, message: 'The request logs cannot be asked' });
  if (evidence?.complete === false) reasons.push({ code: 'too_many_callers', callers: callers.length, message: 'There are more callers than can be looked at one by one' });
  return { callers, safe_to_revoke: reasons.length === 0, reasons };
}

function present(caller: CallerEvidence, now: number): OverlapCaller {
  const lastNew = latest(caller.last_new_accepted, caller.last_new_refused);
  return {
    network: caller.network, user_agent: caller.user_agent, runtime: runtimeOf(caller.user_agent), state: moveOf(caller, now),
    old: { requests: caller.old_accepted + caller.old_refused, last_seen: isoOrNull(latest(caller.last_old, caller.last_before)) },
    new: { requests: caller.new_accepted, refused: caller.new_refused, last_seen: isoOrNull(lastNew) },
  };
}

function moveOf(caller: CallerEvidence, now: number): OverlapCaller['state'] {
  const { last_old, last_new_accepted, last_new_refused } = caller;
  const refusedOnNew = last_new_refused !== null && (last_new_accepted === null || last_new_accepted <= last_new_refused);
  if (refusedOnNew) return 'refused_on_new';
  if (last_new_accepted !== null) {
    const quiet = last_old === null || (last_new_accepted > last_old && now - last_old >= MOVED_AFTER_MS);
    return quiet ? 'moved' : 'on_both';
  }
  const last = latest(last_old, caller.last_before);
  if (last === null || now - last >= GONE_AFTER_MS) return 'gone';
  return last_old === null ? 'silent' : 'not_moved';
}

export interface OverlapOrder {
  /** Of a revocation with grace: it ends with a revocation, come what may. */
  unconditional: boolean;
  ends_at: number;
  on_overlap_end: OnOverlapEnd;
  complete_when_safe: boolean;
  extensions: number;
  warned: boolean;
}

/** `complete`: revoke the old key. */
export type OverlapStep = 'wait' | 'complete' | 'extend' | 'warn';

/** Whether it matters now who has moved. Asking costs a look through a week of requests. */
export const needsEvidence = ({ unconditional, complete_when_safe, ends_at }: OverlapOrder, now: number): boolean =>
  !unconditional && (complete_when_safe || now >= ends_at);

/** What is to be done about an overlap now. `judged` undefined: nobody was asked, since it did not matter. */
export function nextStep(order: OverlapOrder, judged: OverlapVerdict | undefined, now: number): OverlapStep {
  const ended = now >= order.ends_at;
  if (order.unconditional) return ended ? 'complete' : 'wait';
  if (judged === undefined) return 'wait';
  const warn = order.warned ? 'wait' : 'warn';
  // Its owner would be left without any key.
  if (judged.reasons.some(({ code }) => code === 'successor_not_active')) return ended ? warn : 'wait';
  // Nobody has moved where nobody was seen: that is for the end to settle.
  if (judged.safe_to_revoke && (ended || (order.complete_when_safe && judged.callers.some(({ state }) => state === 'moved')))) return 'complete';
  if (!ended) return 'wait';
  if (order.on_overlap_end === 'revoke') return 'complete';
  const blind = judged.reasons.some(({ code }) => code === 'evidence_unavailable');
  if (order.on_overlap_end === 'extend' && order.extensions < MOST_EXTENSIONS) return blind ? 'wait' : 'extend';
  return warn;
}
