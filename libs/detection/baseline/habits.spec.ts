import { describe, expect, it } from '@jest/globals';
import { forgetHabits, habitAt, noteHabit } from './habits.js';
import { emptyBaseline, type BaselineState } from './state.js';
import { MONDAY } from './testing.js';

const DAY = 1440;
const TWO = 2 * 60;
const onDays = (...days: number[]): BaselineState => {
  const state = emptyBaseline(MONDAY);
  for (const day of days) noteHabit(state, MONDAY + day * DAY + TWO, 100);
  return state;
};

describe('habits', () => {
  it.each<[string, number[], number, number]>([
    ['nothing the first time', [], 0, 0],
    ['nothing after once', [0], 1, 0],
    ['the burst after two days', [0, 1], 2, 100],
    ['the burst after two weeks', [0, 7], 14, 100],
    ['nothing after two bursts of one day', [0, 0], 1, 0],
    ['nothing on the second day itself', [0, 1], 1, 0],
    ['nothing after two bursts far apart', [0, 14], 15, 0],
    ['nothing after it stayed away', [0, 1, 2], 12, 0],
  ])('expects %s', (_, days, day, size) => {
    expect(habitAt(onDays(...days), MONDAY + day * DAY + TWO)).toBe(size);
  });

  it.each([[-3, 0], [-2, 100], [6, 100], [7, 0], [12 * 60, 0]])('reaches a little around its time: %d minutes off', (off, size) => {
    expect(habitAt(onDays(0, 1), MONDAY + 2 * DAY + TWO + off)).toBe(size);
  });

  it('follows a size that changes', () => {
    const state = onDays(0, 1);
    noteHabit(state, MONDAY + 2 * DAY + TWO, 20);
    expect(habitAt(state, MONDAY + 3 * DAY + TWO)).toBe(90);
  });

  it('stays small, and keeps what occurred on more days', () => {
    const state = onDays(0, 1);
    for (let i = 0; i < 100; i += 1) noteHabit(state, MONDAY + DAY + 300 + i * 10, 50);
    expect(state.habits).toHaveLength(12);
    expect(habitAt(state, MONDAY + 2 * DAY + TWO)).toBe(100);
    forgetHabits(state, MONDAY + 20 * DAY);
    expect(state.habits).toEqual([]);
  });
});
