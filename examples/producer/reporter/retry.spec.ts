import { describe, expect, it } from '@jest/globals';
import { nextStep, retryAfterMs } from './retry.js';
import type { SendAnswer } from './transport.js';

const options = { firstMs: 100, longestMs: 1_000, giveUpAfterMs: 60_000 };
const state = { lines: 10, attempt: 1, triedForMs: 0, random: 0 };
const later: SendAnswer = { kind: 'later', reason: 'busy' };

describe('what a reporter does after an answer', () => {
  it('is done with what is stored, and with what will never be', () => {
    expect(nextStep({ kind: 'stored', stored: 10, dead_lettered: 0 }, state, options)).toEqual({ kind: 'done' });
    expect(nextStep({ kind: 'refused', reason: 'Keytrail answered 403' }, state, options)).toEqual({ kind: 'reject', reason: 'Keytrail answered 403' });
  });

  it('splits what is too large, down to one request', () => {
    expect(nextStep({ kind: 'too large' }, { ...state, lines: 2 }, options)).toEqual({ kind: 'split' });
    expect(nextStep({ kind: 'too large' }, { ...state, lines: 1 }, options)).toEqual({ kind: 'reject', reason: 'too large' });
  });

  it('waits twice as long each time, up to a bound, and between half of it and all of it', () => {
    const waits = (random: number) => [1, 2, 3, 4, 5, 500].map((attempt) => nextStep(later, { ...state, attempt, random }, options));
    expect(waits(0)).toEqual([50, 100, 200, 400, 500, 500].map((ms) => ({ kind: 'wait', ms })));
    expect(waits(1)).toEqual([100, 200, 400, 800, 1_000, 1_000].map((ms) => ({ kind: 'wait', ms })));
  });

  it('never comes back before Retry-After, and not all at once after it', () => {
    const asked: SendAnswer = { ...later, afterMs: 5_000 };
    expect(nextStep(asked, state, options)).toEqual({ kind: 'wait', ms: 5_000 });
    expect(nextStep(asked, { ...state, random: 0.5 }, options)).toEqual({ kind: 'wait', ms: 5_050 });
    expect(nextStep({ ...later, afterMs: 0 }, state, options)).toEqual({ kind: 'wait', ms: 50 });
  });

  it('gives up in the end', () => {
    expect(nextStep(later, { ...state, triedForMs: 59_999 }, options).kind).toBe('wait');
    expect(nextStep(later, { ...state, triedForMs: 60_000 }, options)).toEqual({ kind: 'give up', reason: 'busy' });
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    ['3', 3_000], ['0', 0], ['-5', 0], ['86400', 300_000], [new Date(now + 2_000).toUTCString(), 2_000], [new Date(now - 2_000).toUTCString(), 0],
    ['soon', undefined], ['', undefined], [null, undefined],
  ])('%j means %j ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});
