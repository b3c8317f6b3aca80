import { mod, type BaselineState, type Habit } from './state.js';

const DAY = 24 * 60;
const SLOT = 5;
/** Room for a few jobs a day, not for a history. */
const MOST = 12;
/** A weekly job is still one; what stayed away for longer is over. */
const FORGET_AFTER_DAYS = 8;
/** Once is an event, twice is a habit. */
const DAYS_TO_COUNT = 2;
/** A job may be a little early or late. */
const SLACK_MINUTES = 2;

/**
 * Requests above normal that a job is used to bring at this time of day (a nightly backup): what the shape of the hour, which is the
 * same for all hours, cannot tell. 0 at most times.
 */
export function habitAt(state: BaselineState, minute: number): number {
  if (state.habits.length === 0) return 0;
  const day = Math.floor(minute / DAY);
  let most = 0;
  for (const habit of state.habits) {
    if (isNear(habit, minute) && occurred(habit, day) >= DAYS_TO_COUNT && habit.size > most) most = habit.size;
  }
  return most;
}

/** Remembers a burst. Its size follows the highest minute of each day. */
export function noteHabit(state: BaselineState, minute: number, size: number): void {
  if (!(size > 0)) return;
  const day = Math.floor(minute / DAY);
  const known = state.habits.find((habit) => isNear(habit, minute));
  if (known === undefined) {
    if (state.habits.length >= MOST) state.habits.splice(leastTelling(state.habits), 1);
    state.habits.push({ slot: Math.floor(mod(minute, DAY) / SLOT), size: short(size), days: 1, last_day: day });
    return;
  }
  if (known.last_day === day) {
    known.size = Math.max(known.size, short(size));
    return;
  }
  known.days = isOver(known, day) ? 1 : known.days + 1;
  known.size = short(Math.max(size, known.days === 1 ? 0 : 0.9 * known.size));
  known.last_day = day;
}

export function forgetHabits(state: BaselineState, minute: number): void {
  const day = Math.floor(minute / DAY);
  if (state.habits.some((habit) => isOver(habit, day))) state.habits = state.habits.filter((habit) => !isOver(habit, day));
}

const isOver = (habit: Habit, day: number): boolean => day - habit.last_day > FORGET_AFTER_DAYS;

/** Days it occurred on before `day`: today's own burst is no precedent for itself. */
const occurred = (habit: Habit, day: number): number => {
  if (isOver(habit, day)) return 0;
  return habit.last_day === day ? habit.days - 1 : habit.days;
};

function isNear(habit: Habit, minute: number): boolean {
  const distance = mod(minute - habit.slot * SLOT + SLACK_MINUTES, DAY);
  return distance < SLOT + 2 * SLACK_MINUTES;
}

const leastTelling = (habits: readonly Habit[]): number => habits.reduce((least, habit, index) =>
  (habit.days < habits[least]!.days || (habit.days === habits[least]!.days && habit.last_day < habits[least]!.last_day) ? index : least), 0);

const short = (value: number): number => Number(value.toPrecision(4));
