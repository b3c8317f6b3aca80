/** A range as it stands in the address: relative to now (`90m`, `24h`, `7d`), or from an instant to another. */
export type RangeWords = { range: string } | { from: string; to: string };

const UNITS: Record<string, 'm' | 'h' | 'd'> = { m: 'm', min: 'm', mins: 'm', minute: 'm', minutes: 'm', h: 'h', hr: 'h', hrs: 'h', hour: 'h', hours: 'h', d: 'd', day: 'd', days: 'd' };
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const RELATIVE = /^(?:the\s+)?(?:last|past)?\s*(\d{1,5})?\s*([a-z]+)$/;

/** Milliseconds of `90m`. */
export function rangeMs(range: string): number {
  return Number(range.slice(0, -1)) * UNIT_MS[range.slice(-1) as 'm' | 'h' | 'd'];
}

/**
 * What a person types: `last 90 minutes`, `90m`, `past week`, `today`, `yesterday`, `2026-11-21 10:00 to 11:30`. Undefined when it is none of these. `offsetMinutes`:
 * east of UTC, for times without a zone.
 */
export function parseRange(words: string, now: number, offsetMinutes: number): RangeWords | undefined {
  const text = words.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const day = (start: number) => ({ from: iso(start), to: iso(start + UNIT_MS.d) });
  const midnight = Math.floor((now + offsetMinutes * 60_000) / UNIT_MS.d) * UNIT_MS.d - offsetMinutes * 60_000;
  if (text === 'today') return { from: iso(midnight), to: iso(now) };
  if (text === 'yesterday') return day(midnight - UNIT_MS.d);
  const relative = RELATIVE.exec(text);
  if (relative !== null) return relativeRange(relative[1], relative[2] ?? '');
  const ends = text.split(/ (?:to|until|-|–) |(?<=\S) *(?:→|\.\.) */);
  if (ends.length !== 2) return undefined;
  const from = instant(ends[0] ?? '', offsetMinutes);
  const to = instant(completed(ends[0] ?? '', ends[1] ?? ''), offsetMinutes);
  return from === undefined || to === undefined || from >= to ? undefined : { from: iso(from), to: iso(to) };
}

function relativeRange(amount: string | undefined, word: string): RangeWords | undefined {
  if (word === 'week' || word === 'weeks' || word === 'w') return { range: `${Number(amount ?? 1) * 7}d` };
  const unit = UNITS[word];
  const count = Number(amount ?? 1);
  return unit === undefined || count < 1 ? undefined : { range: `${count}${unit}` };
}

/** `11:30` after `2026-11-21 10:00` is of the same day. */
const completed = (from: string, to: string): string => (/^\d{1,2}:\d{2}(?::\d{2})?$/.test(to) ? `${from.slice(0, 10)} ${to}` : to);

function instant(text: string, offsetMinutes: number): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[ t](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?(z| utc|[+-]\d{2}:\d{2})?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, date, clock = '00:00', zone] = match;
  const at = Date.parse(`${date}T${clock.padStart(5, '0')}${zone === undefined || zone === 'z' || zone === ' utc' ? 'Z' : zone}`);
  return Number.isNaN(at) ? undefined : at - (zone === undefined ? offsetMinutes * 60_000 : 0);
}

const iso = (at: number): string => new Date(at).toISOString();
