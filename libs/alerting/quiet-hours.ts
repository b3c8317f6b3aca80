import type { QuietHours } from '@keytrail/contracts';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** When the quiet hours end in which a moment lies; undefined when it lies in none. */
export function endOfQuiet(quiet: QuietHours, at: Date): Date | undefined {
  const { day, minutes } = localTime(at, quiet.time_zone);
  const from = minutesOf(quiet.from);
  const to = minutesOf(quiet.to);
  const overnight = to <= from;
  const beganOn = (minutes >= from && (overnight || minutes < to)) ? day : (overnight && minutes < to) ? (day + 6) % 7 : undefined;
  if (beganOn === undefined || !quiet.days.includes(days[beganOn]!)) return undefined;
  const left = (to - minutes + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const end = Math.floor(at.getTime() / MINUTE) * MINUTE + left * MINUTE;
  // Where clocks were changed in between, the end is an hour off: put right by what the clock on the wall says then.
  const off = ((localTime(new Date(end), quiet.time_zone).minutes - to + DAY_MINUTES * 1.5) % DAY_MINUTES) - DAY_MINUTES / 2;
  return new Date(end - off * MINUTE);
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

function localTime(at: Date, timeZone: string): { day: number; minutes: number } {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    .formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: days.indexOf(parts['weekday']!.toLowerCase() as (typeof days)[number]), minutes: Number(parts['hour']) * 60 + Number(parts['minute']) };
}
