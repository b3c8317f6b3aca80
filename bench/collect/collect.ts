import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { kafkaJars } from '../../test/support/kafka-jars.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { engineFromBlocks, engineFromLines, type PhaseOptions } from './engine-phase.js';
import { fromKafka, produce } from './kafka-phase.js';
import type { Measured } from './measure.js';
import { pipeline } from './pipeline-phase.js';
import { describeRun, figuresOf, type Run } from './report.js';
import { writeLines } from './request-lines.js';

/** More blocks would not fit into memory ready-made. */
const MOST_READY_MADE = 1_000_000;

const options = {
  rows: { type: 'string', default: '1000000' }, batch: { type: 'string', default: '20000' }, json: { type: 'boolean', default: false },
  'without-kafka': { type: 'boolean', default: false },
  // Of a phase, which runs as a process of its own.
  phase: { type: 'string' }, directory: { type: 'string' }, lines: { type: 'string' }, brokers: { type: 'string', default: '' },
} as const;

/** `npm run bench:collect -- [--rows N] [--batch N] [--without-kafka] [--json]` */
export async function collect(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  const [rows, batch] = [wholeNumber('rows', values.rows), wholeNumber('batch', values.batch)];
  if (values.phase !== undefined) {
    const measured = await phases[values.phase as Phase]({ directory: values.directory ?? '', lines: values.lines ?? '', rows, batch, brokers: values.brokers.split(',') });
    process.stdout.write(`${JSON.stringify(measured ?? null)}\n`);
    process.exit(0);
  }
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-bench-'));
  try {
    const all = { lines: join(directory, 'lines.ndjson'), batch };
    await writeLines(all.lines, rows);
    const readyMade = Math.min(rows, MOST_READY_MADE);
    const run: Run = {
      batch,
      lines: await runPhase('lines', { ...all, rows: readyMade }),
      blocks: await runPhase('blocks', { ...all, rows: readyMade }),
      pipeline: await runPhase('pipeline', { ...all, rows }),
      kafka: values['without-kafka'] ? undefined : await withBroker(async (brokers) => {
        await runPhase('produce', { ...all, rows, brokers });
        return runPhase('kafka', { ...all, rows, brokers });
      }),
    };
    process.stdout.write(`${describeRun(run)}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(figuresOf(run))}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

const phases = { lines: engineFromLines, blocks: engineFromBlocks, pipeline, produce, kafka: fromKafka } satisfies Record<string, (options: PhaseOptions) => Promise<Measured | void>>;
type Phase = keyof typeof phases;

/** Runs a phase as a process of its own, on a directory of its own, and gives what it measured. */
async function runPhase(phase: Phase, { lines, rows, batch, brokers = [] }: Omit<PhaseOptions, 'directory' | 'brokers'> & { brokers?: readonly string[] }): Promise<Measured> {
  process.stderr.write(`${phase}: ${rows.toLocaleString('en-US')} rows …\n`);
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-bench-'));
  try {
    const child = spawn(process.execPath, [
      process.argv[1]!, 'collect', '--phase', phase, '--directory', directory, '--lines', lines, '--rows', String(rows), '--batch', String(batch), '--brokers', brokers.join(','),
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
    if (code !== 0) throw new Error(`${phase} could not be run (exit ${code})`);
    return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Measured;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function withBroker<T>(work: (brokers: string[]) => Promise<T>): Promise<T> {
  const line = await KeeperLine.open();
  const { server, brokers } = await line.start<{ brokers: string[] }>('kafka', kafkaJars);
  try {
    return await work(brokers);
  } finally {
    await line.call(server, 'stop');
    line.close();
  }
}

function wholeNumber(option: string, value: string): number {
  if (!/^[1-9]\d{0,9}$/.test(value)) throw new Error(`--${option} takes a whole number from 1`);
  return Number(value);
}
