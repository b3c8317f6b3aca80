import { describe, expect, it } from '@jest/globals';
import { endOf, isUntouched, nextMove, pauseAfter, type SagaFacts, type SagaGoal, type SagaStepState } from './saga.js';
import { successorName } from './successor-name.js';

const NOW = 1_000_000;
const facts = (given: Partial<SagaFacts> = {}): SagaFacts => ({
  goal: 'replace', revoke: 'pending', create: 'pending', withdraw: 'not_needed', hand_over: 'response', settles_at: null, grace_ends_at: null, ...given,
});
const move = (given: Partial<SagaFacts>, attended = true) => nextMove(facts(given), attended, NOW);

describe('nextMove', () => {
  it('revokes before it replaces, and replaces before it revokes where both keys are to live', () => {
    expect(move({})).toEqual({ do: 'revoke_old_key' });
    expect(move({ revoke: 'done' })).toEqual({ do: 'issue_successor' });
    expect(move({ revoke: 'done', create: 'done' })).toEqual({ do: 'finish' });
    expect(move({ goal: 'overlap' })).toEqual({ do: 'issue_successor' });
    expect(move({ goal: 'overlap', create: 'done' })).toEqual({ do: 'finish' });
  });

  it('asks again for a revocation that nobody confirmed', () => {
    for (const goal of ['replace', 'revoke', 'complete'] as const) expect(move({ goal, revoke: 'attempted' })).toEqual({ do: 'revoke_old_key' });
    expect(move({ goal: 'cancel', withdraw: 'attempted' })).toEqual({ do: 'revoke_successor' });
  });

  it('never asks for a successor where one may be: it looks first, and not before the platform can have come to rest', () => {
    expect(move({ revoke: 'done', create: 'attempted', settles_at: NOW + 1 })).toEqual({ do: 'wait', for: 'settling', until: NOW + 1 });
    expect(move({ revoke: 'done', create: 'attempted', settles_at: NOW })).toEqual({ do: 'look_for_successor' });
    expect(move({ revoke: 'done', create: 'attempted' })).toEqual({ do: 'look_for_successor' });
  });

  it('issues no successor whose secret nobody would see, but looks for one that may be there', () => {
    expect(move({ revoke: 'done' }, false)).toEqual({ do: 'wait', for: 'hand_over' });
    expect(move({ revoke: 'done', hand_over: 'sealed' }, false)).toEqual({ do: 'issue_successor' });
    expect(move({ revoke: 'done', create: 'attempted' }, false)).toEqual({ do: 'look_for_successor' });
    expect(move({}, false)).toEqual({ do: 'revoke_old_key' });
  });

  it('lets a grace end with a revocation though there is no successor yet', () => {
    expect(move({ goal: 'overlap', grace_ends_at: NOW + 1 }, false)).toEqual({ do: 'wait', for: 'hand_over' });
    expect(move({ goal: 'overlap', grace_ends_at: NOW }, false)).toEqual({ do: 'revoke_old_key' });
  });

  it('comes to an end from any record, in a few moves that each succeed, and asks for a successor once at most', () => {
    const states: SagaStepState[] = ['pending', 'attempted', 'done'];
    for (const goal of ['revoke', 'replace', 'overlap', 'complete', 'cancel'] as SagaGoal[]) {
      for (const revoke of states) for (const create of states) for (const withdraw of states) {
        const at = facts({ goal, revoke, create, withdraw, hand_over: 'sealed' });
        const moves: string[] = [];
        for (let next = nextMove(at, false, NOW).do; next !== 'finish'; next = nextMove(at, false, NOW).do) {
          moves.push(next);
          if (next === 'revoke_old_key') at.revoke = 'done';
          if (next === 'revoke_successor') at.withdraw = 'done';
          if (next === 'issue_successor') at.create = 'done';
          if (next === 'look_for_successor') at.create = 'pending';
          expect(moves.length).toBeLessThan(5);
        }
        expect(moves.filter((name) => name === 'issue_successor').length).toBeLessThanOrEqual(1);
        if (create === 'done') expect(moves).not.toContain('issue_successor');
      }
    }
  });
});

describe('a containment at the platform', () => {
  it('comes to what was done, not to what was meant', () => {
    expect(endOf({ revoke: 'done', withdraw: 'not_needed' })).toBe('contained');
    expect(endOf({ revoke: 'pending', withdraw: 'not_needed' })).toBe('overlap');
    expect(endOf({ revoke: 'not_needed', withdraw: 'done' })).toBe('cancelled');
  });

  it('can be given up only while nothing was done and nothing may have been', () => {
    expect(isUntouched(facts())).toBe(true);
    for (const part of ['revoke', 'create', 'withdraw'] as const) for (const state of ['attempted', 'done'] as const) expect(isUntouched(facts({ [part]: state }))).toBe(false);
  });

  it('leaves the platform alone for longer and longer, within bounds', () => {
    const pauses = Array.from({ length: 40 }, (_, failures) => pauseAfter(failures));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect([pauses[0], pauses.at(-1)]).toEqual([5_000, 900_000]);
  });

  it('names its successor after the old key and itself, within what a name may have, however long the line', () => {
    const first = successorName('payments', 'con_1');
    const second = successorName(first, 'con_2');
    expect([first, second].map((name) => name.replace(/[0-9a-f]{8}$/, ''))).toEqual(['payments kt-', 'payments kt-']);
    expect(first).not.toBe(second);
    expect(successorName('x'.repeat(500), 'con_1')).toHaveLength(120);
    expect(successorName('payments', 'con_1')).toBe(first);
  });
});
