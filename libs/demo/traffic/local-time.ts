const HOUR_MS = 3_600_000;

export interface LocalTime {
  /** 0 = Sunday. */
  weekday: number;
  /** Minute of the local day, 0 to 1439. */
  minute: number;
}

// Asking Intl for every minute of four weeks costs seconds; offsets change on the hour only.
const offsets = new Map<string, Map<number, number>>();
const formats = new Map<string, Intl.DateTimeFormat>();

function offsetOf(zone: string, at: number): number {
  const hour = Math.floor(at / HOUR_MS);
  let known = offsets.get(zone);
  if (!known) offsets.set(zone, (known = new Map()));
  let offset = known.get(hour);
  if (offset === undefined) known.set(hour, (offset = askOffset(zone, hour * HOUR_MS)));
  return offset;
}

function askOffset(zone: string, at: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
    });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute) - at;
}

/** What the wall clock of an IANA time zone shows at an instant (epoch milliseconds). */
export function localTimeIn(zone: string, at: number): LocalTime {
  const local = new Date(at + offsetOf(zone, at));
  return { weekday: local.getUTCDay(), minute: local.getUTCHours() * 60 + local.getUTCMinutes() };
}
