import { closeKeyMinute, emptyKeyBaseline, type Alarm, type KeyBaseline } from '@keytrail/detection';
import { OTHER_MONDAY, OTHER_SHAPES, OtherTraffic, type OtherShape } from './other-traffic.js';

const WEEK = 7 * 24 * 60;
const LEARN_WEEKS = 2;
const JUDGED_WEEKS = 3;
const RATES = [0.05, 0.5, 3, 20, 100] as const;
const KINDS = ['spike', 'drop', 'errors', 'denied'] as const;
const ATTACKS = 3;
/** Ten times the mean, for so many minutes, on keys with this many requests a minute. */
const ATTACK = { minutes: 30, from: 3, times: 10 };

interface Row { shape: OtherShape; weeks: number; young: number; alarms: Record<Alarm['kind'], number>; tried: number; delays: number[] }

/** Keys of `other-traffic.ts`: false alarms by shape, and how soon ten times the rate is seen. */
export async function otherQuality(seed: number, keys: number): Promise<{ table: string; figures: object }> {
  const rows: Row[] = [];
  for (const shape of OTHER_SHAPES) {
    process.stderr.write(`${shape} …\n`);
    const row: Row = { shape, weeks: 0, young: 0, alarms: { spike: 0, drop: 0, errors: 0, denied: 0 }, tried: 0, delays: [] };
    for (const rate of RATES) for (let n = 0; n < keys; n += 1) liveOne(row, rate, Math.imul(seed, 65_537) + 131 * n + Math.round(20 * rate));
    rows.push(row);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const all = (row: Row): number => KINDS.reduce((total, kind) => total + row.alarms[kind], 0);
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const lines = rows.map((row) => `${row.shape.padEnd(16)} ${String(row.weeks).padStart(9)} ${(all(row) / row.weeks).toFixed(3).padStart(10)} `
    + `${KINDS.map((kind) => String(row.alarms[kind]).padStart(7)).join('')} ${(row.young / (row.weeks * LEARN_WEEKS / JUDGED_WEEKS)).toFixed(2).padStart(12)} `
    + `${`${row.delays.length} of ${row.tried}`.padStart(10)} ${String(median(row.delays) ?? '-').padStart(6)}`);
  return {
    table: ['shape            key-weeks   per week   spike   drop errors denied  first weeks   x10 seen  delay', ...lines].join('\n'),
    figures: {
      false_alarms_per_key_week: round(sum(all) / sum(({ weeks }) => weeks)), key_weeks: sum(({ weeks }) => weeks),
      recall: round(sum(({ delays }) => delays.length) / sum(({ tried }) => tried)), attacks: sum(({ tried }) => tried),
    },
  };
}

function liveOne(row: Row, rate: number, seed: number): void {
  const traffic = new OtherTraffic(row.shape, rate, seed);
  const judgedFrom = OTHER_MONDAY + LEARN_WEEKS * WEEK;
  const end = judgedFrom + JUDGED_WEEKS * WEEK;
  let baseline: KeyBaseline | null = null;
  for (let minute = OTHER_MONDAY; minute < end; minute += 1) {
    const counts = traffic.next(minute);
    // Keys begin with their first request.
    if (baseline === null && counts.requests === 0) continue;
    const judged = closeKeyMinute(baseline ?? emptyKeyBaseline(minute), minute, counts);
    baseline = judged.baseline;
    for (const { begins, kind } of judged.alarms) {
      if (!begins) continue;
      if (minute < judgedFrom) row.young += 1;
      else row.alarms[kind] += 1;
    }
  }
  row.weeks += JUDGED_WEEKS;
  if (baseline === null || rate < ATTACK.from) return;
  const ahead = Array.from({ length: 300 + ATTACKS * 437 }, (_, by) => traffic.next(end + by));
  for (let attack = 0; attack < ATTACKS; attack += 1) {
    const delay = delayOf(baseline, end, ahead, 300 + attack * 437, rate);
    row.tried += 1;
    if (delay !== null) row.delays.push(delay);
  }
}

/** Minutes until an attack is seen that begins so many minutes after what was learnt; null when it is not. */
function delayOf(learnt: KeyBaseline, end: number, ahead: readonly ReturnType<OtherTraffic['next']>[], start: number, rate: number): number | null {
  let baseline = structuredClone(learnt);
  for (let by = 0; by < start + ATTACK.minutes; by += 1) {
    const extra = by < start ? 0 : Math.round((ATTACK.times - 1) * rate);
    const counts = ahead[by]!;
    const judged = closeKeyMinute(baseline, end + by, { ...counts, requests: counts.requests + extra });
    baseline = judged.baseline;
    if (by >= start && judged.alarms.some(({ kind }) => kind === 'spike')) return by - start + 1;
  }
  return null;
}

const median = (delays: number[]): number | undefined => delays.sort((a, b) => a - b)[Math.floor((delays.length - 1) / 2)];
