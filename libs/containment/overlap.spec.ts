import { describe, expect, it } from '@jest/globals';
import type { OnOverlapEnd } from '@keytrail/contracts';
import type { CallerEvidence } from './caller-evidence.js';
import { GONE_AFTER_MS, MOST_EXTENSIONS, judgeOverlap, needsEvidence, nextStep, type OverlapEvidence } from './overlap.js';

const STARTED = Date.parse('2026-03-01T12:00:00Z');
const NOW = STARTED + 3_600_000;
const min = (minutes: number) => STARTED + minutes * 60_000;

const caller = (fields: Partial<CallerEvidence> = {}): CallerEvidence => ({
  network: '192.0.2.0/24', user_agent: 'orders/1', before: 10, last_before: min(-1), old_accepted: 0, old_refused: 0, first_old_refused: null, last_old: null,
  new_accepted: 0, first_new_accepted: null, last_new_accepted: null, new_refused: 0, first_new_refused: null, last_new_refused: null, ...fields,
});
const onNew = (last: number) => ({ new_accepted: 2, first_new_accepted: min(1), last_new_accepted: min(last) });
const onOld = (last: number) => ({ old_accepted: 2, last_old: min(last) });
const evidence = (...callers: CallerEvidence[]): OverlapEvidence => ({ callers, complete: true });
const judge = (...callers: CallerEvidence[]) => judgeOverlap(evidence(...callers), true, NOW);

describe('whether the old key of an overlap can go', () => {
  it.each([
    ['moved', caller(onNew(50)), 'moved', []],
    ['moved, the old key quiet since', caller({ ...onOld(20), ...onNew(50) }), 'moved', []],
    ['both, the old key a moment ago', caller({ ...onOld(58), ...onNew(59) }), 'on_both', ['caller_on_both']],
    ['fell back to the old key', caller({ ...onOld(50), ...onNew(20) }), 'on_both', ['caller_on_both']],
    ['the old key alone', caller(onOld(30)), 'not_moved', ['caller_not_moved']],
    ['neither since', caller(), 'silent', ['caller_silent']],
    ['neither for longer than any job pauses', caller({ last_before: NOW - GONE_AFTER_MS }), 'gone', []],
    ['refused on the new key', caller({ ...onOld(30), new_refused: 1, first_new_refused: min(20), last_new_refused: min(20) }), 'refused_on_new', ['caller_refused_on_new']],
    ['refused on the new key first, then good', caller({ ...onNew(50), new_refused: 1, first_new_refused: min(1), last_new_refused: min(1) }), 'moved', []],
  ] as const)('%s', (_, one, state, reasons) => {
    const verdict = judge(one);
    expect([verdict.callers[0]!.state, verdict.reasons.map(({ code }) => code), verdict.safe_to_revoke]).toEqual([state, reasons, reasons.length === 0]);
  });

  it('counts the callers behind each reason', () => {
    const verdict = judge(caller(onOld(30)), caller({ user_agent: 'b', ...onOld(31) }), caller({ user_agent: 'c', ...onNew(50) }));
    expect(verdict).toMatchObject({ safe_to_revoke: false, reasons: [{ code: 'caller_not_moved', callers: 2 }] });
  });

  it('is not safe without evidence, with callers left out, or when the new key is dead', () => {
    expect(judgeOverlap(undefined, true, NOW).reasons.map(({ code }) => code)).toEqual(['evidence_unavailable']);
    expect(judgeOverlap({ callers: [caller(onNew(50))], complete: false }, true, NOW).reasons.map(({ code }) => code)).toEqual(['too_many_callers']);
    expect(judgeOverlap(evidence(caller(onNew(50))), false, NOW).reasons.map(({ code }) => code)).toEqual(['successor_not_active']);
  });

  it('is safe for a key that nobody used', () => {
    expect(judge()).toEqual({ callers: [], safe_to_revoke: true, reasons: [] });
    expect(judge(caller({ before: 0, last_before: null, ...onNew(5) })).callers).toEqual([]);
  });
});

describe('what is done about an overlap', () => {
  const moved = judge(caller(onNew(50)));
  const stuck = judge(caller(onOld(59)));
  const unseen = judge();
  const dead = judgeOverlap(evidence(caller(onNew(50))), false, NOW);
  const blind = judgeOverlap(undefined, true, NOW);
  const [before, after] = [NOW + 1, NOW];
  const step = (ends_at: number, on_overlap_end: OnOverlapEnd, judged: typeof moved, more: object = {}) =>
    nextStep({ unconditional: false, ends_at, on_overlap_end, complete_when_safe: false, extensions: 0, warned: false, ...more }, judged, NOW);

  it.each([
    // before the end
    ['waits, though all moved', step(before, 'revoke', moved), 'wait'],
    ['completes by itself once all moved, if asked', step(before, 'keep-and-warn', moved, { complete_when_safe: true }), 'complete'],
    ['does not take silence for a move', step(before, 'keep-and-warn', unseen, { complete_when_safe: true }), 'wait'],
    ['waits for those who have not moved', step(before, 'revoke', stuck, { complete_when_safe: true }), 'wait'],
    ['waits when it cannot see', step(before, 'revoke', blind, { complete_when_safe: true }), 'wait'],
    // at the end
    ['completes when all moved, whatever was ordered', step(after, 'keep-and-warn', moved), 'complete'],
    ['completes when nobody used the key', step(after, 'keep-and-warn', unseen), 'complete'],
    ['cuts off who has not moved, if ordered', step(after, 'revoke', stuck), 'complete'],
    ['keeps and warns', step(after, 'keep-and-warn', stuck), 'warn'],
    ['warns once', step(after, 'keep-and-warn', stuck, { warned: true }), 'wait'],
    ['completes after the warning, once all moved', step(after, 'keep-and-warn', moved, { warned: true }), 'complete'],
    ['extends', step(after, 'extend', stuck), 'extend'],
    ['extends no more than so often', step(after, 'extend', stuck, { extensions: MOST_EXTENSIONS }), 'warn'],
    ['spends no extension on blindness', step(after, 'extend', blind), 'wait'],
    ['cuts off blindly, if ordered', step(after, 'revoke', blind), 'complete'],
    ['never leaves an owner without any key', step(after, 'revoke', dead), 'warn'],
    // of a revocation with grace
    ['ends a grace with a revocation, come what may', step(after, 'revoke', dead, { unconditional: true }), 'complete'],
    ['does not shorten a grace', step(before, 'revoke', moved, { unconditional: true, complete_when_safe: true }), 'wait'],
  ])('%s', (_, done, expected) => {
    expect(done).toBe(expected);
  });

  it('asks who has moved only where it matters', () => {
    const asks = (ends_at: number, more: object = {}) => needsEvidence({ unconditional: false, ends_at, on_overlap_end: 'revoke', complete_when_safe: false, extensions: 0, warned: false, ...more }, NOW);
    expect([asks(after), asks(before), asks(before, { complete_when_safe: true }), asks(after, { unconditional: true })]).toEqual([true, false, true, false]);
    expect(nextStep({ unconditional: true, ends_at: after, on_overlap_end: 'revoke', complete_when_safe: false, extensions: 0, warned: false }, undefined, NOW)).toBe('complete');
  });
});
