export type Zone = 'utc' | 'local';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s ago`, `in 3 h`, `5 d ago`. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 5 * SECOND) return 'just now';
  const length = spanOf(distance);
  return at > now ? `in ${length}` : `${length} ago`;
}

/** `12 s`, `4 min`, `3 h`, `5 d`: the largest unit that fits. */
function spanOf(distance: number): string {
  if (distance < MINUTE) return `${Math.floor(distance / SECOND)} s`;
  if (distance < HOUR) return `${Math.floor(distance / MINUTE)} min`;
  if (distance < 2 * DAY) return `${Math.floor(distance / HOUR)} h`;
  return `${Math.floor(distance / DAY)} d`;
}

/** `4 min 12 s`, `3 h 5 min`, `2 d 4 h`, `850 ms`. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(ms < 10 * SECOND ? 1 : 0)} s`;
  const [large, unit, small, smallUnit] = ms < HOUR ? [MINUTE, 'min', SECOND, 's'] as const : ms < DAY ? [HOUR, 'h', MINUTE, 'min'] as const : [DAY, 'd', HOUR, 'h'] as const;
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${unit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

/** `2026-11-21 21:37:26.120 UTC`, or the same where the reader is. */
export function exactTime(at: number, zone: Zone, digits: 0 | 3 = 0): string {
  const date = new Date(at);
  if (zone === 'utc') return `${date.toISOString().slice(0, digits === 3 ? 23 : 19).replace('T', ' ')} UTC`;
  const shifted = new Date(at - date.getTimezoneOffset() * MINUTE).toISOString();
  return `${shifted.slice(0, digits === 3 ? 23 : 19).replace('T', ' ')} ${offsetOf(date)}`;
}

/** `21:37:26`, for rows of one day. */
export const clockTime = (at: number, zone: Zone, digits: 0 | 3 = 0): string => exactTime(at, zone, digits).split(' ')[1] ?? '';

function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes > 0 ? '+' : '−'}${Math.floor(size / 60)}${size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`}`;
}
