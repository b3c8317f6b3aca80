import { parseArgs } from 'node:util';
import { closeKeyMinute, emptyKeyBaseline, type Alarm, type KeyBaseline } from '@keytrail/detection';
import { attacks, type Attack } from './attacks.js';
import { otherQuality } from './other.js';
import { chance } from './random.js';
import { makeKey, MONDAY, RATES, SHAPES, Traffic, WEEK, type Key } from './traffic.js';

const options = {
  seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false }, keys: { type: 'string', default: '3' }, trials: { type: 'string', default: '2' },
  other: { type: 'boolean', default: false },
} as const;

const LEARN_WEEKS = 2;
const JUDGED_WEEKS = 3;
/** An alarm this long after an attack began, or after it ended, is no longer about it. */
const GRACE = 5;

interface Life { key: Key; alarms: Alarm[]; learnt: KeyBaseline }
interface Trial { attack: Attack; rate: number; shape: string; delay: number | null; scatter: number[] }

/** `npm run bench:quality -- [--seed N] [--keys N of each shape and rate] [--trials N] [--other: keys made in other ways] [--json]` */
export async function quality(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  const [seed, keys, trials] = [values.seed, values.keys, values.trials].map(Number) as [number, number, number];
  if (![seed, keys, trials].every((value) => Number.isInteger(value) && value >= 1)) throw new Error('--seed, --keys and --trials take whole numbers from 1');
  if (values.other) {
    const { table, figures } = await otherQuality(seed, keys);
    process.stdout.write(`${table}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify({ seed, ...figures })}\n`);
    return;
  }
  const random = chance(seed);
  const lives: Life[] = [];
  const tried: Trial[] = [];
  for (const shape of SHAPES) {
    process.stderr.write(`${shape} …\n`);
    for (const rate of RATES) {
      for (let n = 0; n < keys; n += 1) {
        const life = live(makeKey(shape, rate, random, MONDAY + LEARN_WEEKS * WEEK, MONDAY + (LEARN_WEEKS + JUDGED_WEEKS) * WEEK));
        lives.push(life);
        if (shape === 'batch') continue;
        for (const attack of attacks) for (let trial = 0; trial < trials; trial += 1) tried.push(...attempt(life, attack, random.uniform()));
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const figures = figuresOf(lives, tried);
  process.stdout.write(`${describe(lives, tried)}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, ...figures })}\n`);
}

/** Weeks to learn, and weeks in which every alarm is a false one. A deploy is announced once at most. */
function live(key: Key): Life {
  const traffic = new Traffic(key);
  let baseline = emptyKeyBaseline(MONDAY);
  const alarms: Alarm[] = [];
  for (let minute = MONDAY; minute < MONDAY + (LEARN_WEEKS + JUDGED_WEEKS) * WEEK; minute += 1) {
    const judged = closeKeyMinute(baseline, minute, traffic.next(minute));
    baseline = judged.baseline;
    if (minute >= MONDAY + LEARN_WEEKS * WEEK) alarms.push(...judged.alarms.filter(({ begins }) => begins));
  }
  return { key, alarms, learnt: baseline };
}

/** An attack in the week after; none when the key is not busy enough at a few moments that are tried. */
function attempt({ key, learnt }: Life, attack: Attack, at: number): Trial[] {
  const end = MONDAY + (LEARN_WEEKS + JUDGED_WEEKS) * WEEK;
  const traffic = new Traffic({ ...key, seed: key.seed ^ Math.floor(at * 2 ** 30) });
  const usual = (minute: number): number => {
    // A job that comes once an hour is not attacked while it rests.
    let soon = 0;
    let hour = 0;
    for (let next = 0; next < 60; next += 1) {
      const mean = traffic.meanAt(minute + next);
      hour += mean / 60;
      if (next < 15) soon += mean / 15;
    }
    return Math.min(soon, hour);
  };
  let start = 0;
  for (let probe = 0; probe < 20 && start === 0; probe += 1) {
    const minute = end + 60 + Math.floor(((at + probe * 0.618) % 1) * 3 * 1440);
    const mean = usual(minute);
    if (mean >= attack.from && mean < attack.to) start = minute;
  }
  // Clean of denied calls: fewer than one in five minutes.
  if (start === 0 || (attack.type === 'denied' && 5 * key.denied * usual(start) > 1)) return [];
  let baseline = structuredClone(learnt);
  let delay: number | null = null;
  for (let minute = end; minute < start + attack.minutes + GRACE && delay === null; minute += 1) {
    const since = minute - start;
    const on = since >= 0 && since < attack.minutes;
    const counts = traffic.next(minute, on ? {
      ...(attack.requests && { requests: (mean) => attack.requests!(mean, since) }), ...(attack.errors !== undefined && { errors: attack.errors }),
      ...(attack.denied && { extraDenied: attack.denied(since) }),
    } : {});
    const judged = closeKeyMinute(baseline, minute, counts);
    baseline = judged.baseline;
    const kind = attack.type === 'ramp' ? 'spike' : attack.type;
    if (since >= 0 && judged.alarms.some((alarm) => alarm.kind === kind)) delay = since + 1;
  }
  return [{ attack, rate: usual(start), shape: key.shape, delay, scatter: [0, 2, 4].map((index) => learnt.rate.variance[index]! / Math.max(1e-9, learnt.rate.squares[index]!)) }];
}

function figuresOf(lives: readonly Life[], tried: readonly Trial[]) {
  const steady = lives.filter(({ key }) => key.shape !== 'deploy');
  const of = (grade: Attack['grade']) => tried.filter(({ attack }) => attack.grade === grade);
  return {
    false_alarms_per_key_week: perKeyWeek(steady), false_alarms_per_cron_key_week: perKeyWeek(lives.filter(({ key }) => key.shape === 'cron')),
    alarms_per_deploy: lives.filter(({ key }) => key.shape === 'deploy').reduce((sum, { alarms }) => sum + alarms.length, 0) / Math.max(1, lives.length - steady.length),
    recall_strong: recall(of('strong')), recall_medium: recall(of('medium')), delay_strong_min: medianDelay(of('strong')), delay_medium_min: medianDelay(of('medium')),
    key_weeks: steady.length * JUDGED_WEEKS, attacks: tried.length,
  };
}

/** Strong attacks that were not seen, one by one: how far the key's minutes and hours scatter says whether it could be. */
function missed(tried: readonly Trial[]): string[] {
  const lines = tried.filter(({ attack, delay }) => attack.grade === 'strong' && delay === null)
    .map(({ attack, rate, shape, scatter }) => `${attack.type.padEnd(7)} ${attack.size.padEnd(10)} ${shape.padEnd(8)} ${rate.toPrecision(3).padStart(7)} ${scatter.map((k) => k.toFixed(3)).join(' ')}`);
  return lines.length === 0 ? [] : ['', 'Strong ones missed: shape, requests a minute, and by how much counts of 1, 5 and 60 minutes scatter beyond chance (squared, relative):', ...lines];
}

const perKeyWeek = (lives: readonly Life[]): number => round(lives.reduce((sum, { alarms }) => sum + alarms.length, 0) / Math.max(1, lives.length * JUDGED_WEEKS));
const recall = (tried: readonly Trial[]): number | null => (tried.length === 0 ? null : round(tried.filter(({ delay }) => delay !== null).length / tried.length));
const round = (value: number): number => Math.round(value * 10_000) / 10_000;

/** Of those seen. */
function medianDelay(tried: readonly Trial[]): number | null {
  const delays = tried.flatMap(({ delay }) => (delay === null ? [] : [delay])).sort((a, b) => a - b);
  return delays.length === 0 ? null : delays[Math.floor((delays.length - 1) / 2)]!;
}

function describe(lives: readonly Life[], tried: readonly Trial[]): string {
  const kinds = ['spike', 'drop', 'errors', 'denied'] as const;
  const clean = SHAPES.map((shape) => {
    const own = lives.filter(({ key }) => key.shape === shape);
    const by = kinds.map((kind) => String(own.reduce((sum, { alarms }) => sum + alarms.filter((alarm) => alarm.kind === kind).length, 0)).padStart(7));
    return `${shape.padEnd(8)} ${String(own.length * JUDGED_WEEKS).padStart(9)} ${perKeyWeek(own).toFixed(3).padStart(10)} ${by.join('')}`;
  });
  const rows = attacks.flatMap((attack) => [1, 10, 100, Infinity].flatMap((to, index, bounds) => {
    const from = bounds[index - 1] ?? 0;
    const own = tried.filter((trial) => trial.attack === attack && trial.rate >= from && trial.rate < to);
    if (own.length === 0) return [];
    const rate = to === Infinity ? `from ${from}` : `${from} to ${to}`;
    return [`${attack.type.padEnd(7)} ${attack.size.padEnd(10)} ${attack.grade.padEnd(7)} ${rate.padEnd(10)} ${String(own.length).padStart(5)} `
      + `${(100 * recall(own)!).toFixed(1).padStart(7)} ${String(medianDelay(own) ?? '-').padStart(6)}`];
  }));
  return [
    'Clean keys. False alarms a key and week, and how many of each kind (a deploy counts as one):', 'shape    key-weeks   per week   spike   drop errors denied', ...clean, '',
    'Attacks, by the requests a minute of the hour they come in:', 'type    size       grade   rate       tried  seen %  delay', ...rows, ...missed(tried),
  ].join('\n');
}
