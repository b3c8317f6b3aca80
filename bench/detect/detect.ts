import { parseArgs } from 'node:util';
import { findPostgresBin } from '../../test/support/find-programs.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { createDatabase } from '../support/database.js';
import { arrive, knowCallers, leaveBehind } from './arrivals.js';
import { storeKnownKeys } from './known-keys.js';
import { measureOneShot } from './one-shot.js';
import { openScratch } from './scratch.js';

const options = {
  keys: { type: 'string', default: '1000,10000,100000' }, ticks: { type: 'string', default: '5' }, 'stored-rows': { type: 'string', default: '2000000' },
  'one-shot': { type: 'string' }, 'postgres-server': { type: 'boolean', default: false }, json: { type: 'boolean', default: false },
} as const;

/** Minutes before those that are measured. The first tick reads every key. */
const WARM_UP = 4;
/** Every so many stored rows come with a key of which something is remembered. */
const ROWS_A_KEY = 10;
/** With rows stored, as many keys are active as with none. */
const ACTIVE_BESIDE_STORED = 10_000;

interface Ticked { keys: number; cpu_s: number; wall_s: number; hour_cpu_s: number; first_cpu_s: number }

/**
 * `npm run bench:detect -- [--keys N,N] [--ticks N] [--stored-rows N] [--one-shot N] [--postgres-server] [--json]`: what a detection tick costs in which every key has a new minute,
 * in CPU seconds of the whole process, embedded stores included; and the same beside many rows that are stored. `--one-shot`: instead, so many keys that are
 * seen once each, and how much memory they take.
 */
export async function detect(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  const keys = values.keys.split(',').map(Number);
  const [ticks, storedRows] = [Number(values.ticks), Number(values['stored-rows'])];
  if (![...keys, ticks].every((value) => Number.isInteger(value) && value >= 1) || !(storedRows >= 0)) throw new Error('--keys and --ticks take whole numbers from 1, --stored-rows from 0');
  const servers = await KeeperLine.open();
  try {
    const bin = values['postgres-server'] ? findPostgresBin() : undefined;
    if (values['postgres-server'] && bin === undefined) throw new Error('there is no Postgres server here');
    const database = async () => (bin === undefined ? '' : createDatabase((await servers.start<{ url: string }>('postgres', { bin })).url));
    if (values['one-shot'] !== undefined) {
      const oneShot = await measureOneShot(await database(), Number(values['one-shot']), (text) => process.stderr.write(`${text}\n`));
      process.stdout.write(`${oneShot.keys} keys seen once: ${oneShot.us_per_key} us a key; ${oneShot.filled_mb} MB when memory was full, ${oneShot.end_mb} MB at the end, ${oneShot.keys_held} keys held\n`);
      if (values.json) process.stdout.write(`${JSON.stringify(oneShot)}\n`);
      return;
    }
    const measured: Ticked[] = [];
    for (const count of keys) {
      measured.push(await measure(await database(), count, ticks, 0));
      process.stdout.write(`${describe(measured.at(-1)!)}\n`);
    }
    const beside = storedRows === 0 ? undefined : await measure(await database(), Math.min(ACTIVE_BESIDE_STORED, Math.max(...keys)), ticks, storedRows);
    if (beside !== undefined) process.stdout.write(`${describe(beside)}, beside ${storedRows} stored rows\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(figuresOf(measured, beside, storedRows))}\n`);
  } finally {
    servers.close();
  }
}

async function measure(postgres: string, keys: number, ticks: number, storedRows: number): Promise<Ticked> {
  const { detection, clickhouse, database, close } = await openScratch(postgres);
  try {
    // The hour turns after the last of the measured minutes.
    const turn = Math.floor((Date.now() / 60_000 - 70) / 60) * 60;
    const start = turn - ticks - 10;
    const tickOf = async (minute: number) => {
      await arrive(clickhouse, minute, keys);
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      await detection.tick();
      const { user, system } = process.cpuUsage(cpu);
      return { cpu_s: (user + system) / 1e6, wall_s: (performance.now() - wall) / 1e3 };
    };
    await storeKnownKeys({ database }, 'key', keys, start - WARM_UP);
    await knowCallers({ clickhouse }, keys, start - WARM_UP);
    const first = await tickOf(start - WARM_UP);
    for (let minute = start - WARM_UP + 1; minute < start; minute += 1) await tickOf(minute);
    if (storedRows > 0) {
      await leaveBehind({ clickhouse }, storedRows, start);
      await storeKnownKeys({ database }, 'old', Math.ceil(storedRows / ROWS_A_KEY), start - WARM_UP);
    }
    const each: { cpu_s: number; wall_s: number }[] = [];
    for (let minute = start; minute < start + ticks; minute += 1) each.push(await tickOf(minute));
    for (let minute = start + ticks; minute < turn + 2; minute += 1) await tickOf(minute);
    const hour = await tickOf(turn + 2);
    const findings = await database.selectFrom('findings').select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
    if (findings.count > 0) process.stderr.write(`${findings.count} findings were made: the ticks measured more than quiet keys\n`);
    const mean = (of: (one: { cpu_s: number; wall_s: number }) => number) => each.reduce((sum, one) => sum + of(one), 0) / each.length;
    return { keys, cpu_s: mean((one) => one.cpu_s), wall_s: mean((one) => one.wall_s), hour_cpu_s: hour.cpu_s, first_cpu_s: first.cpu_s };
  } finally {
    await close();
  }
}

const describe = ({ keys, cpu_s, wall_s, hour_cpu_s, first_cpu_s }: Ticked): string =>
  `${keys} active keys: ${round(cpu_s)} CPU s a tick (${round(wall_s)} s), ${round(1e6 * cpu_s / keys)} us a key; ${round(hour_cpu_s)} CPU s when an hour ends, ${round(first_cpu_s)} after a start`;

function figuresOf(measured: readonly Ticked[], beside: Ticked | undefined, storedRows: number) {
  const largest = measured.reduce((most, one) => (one.keys > most.keys ? one : most));
  return {
    ...Object.fromEntries(measured.flatMap(({ keys, cpu_s, wall_s, hour_cpu_s, first_cpu_s }) => [
      [`tick_s_${short(keys)}`, round(cpu_s)], [`tick_wall_s_${short(keys)}`, round(wall_s)], [`hour_tick_s_${short(keys)}`, round(hour_cpu_s)], [`first_tick_s_${short(keys)}`, round(first_cpu_s)],
    ])),
    us_per_key: round(1e6 * largest.cpu_s / largest.keys),
    ...(beside && { [`tick_s_${short(beside.keys)}_beside_stored`]: round(beside.cpu_s), stored_rows: storedRows }),
  };
}

const short = (keys: number): string => (keys % 1_000 === 0 ? `${keys / 1_000}k` : String(keys));
const round = (value: number): number => Number(value.toPrecision(3));
