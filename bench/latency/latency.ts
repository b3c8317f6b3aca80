import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FindingPage } from '@keytrail/contracts';
import { findPostgresBin } from '../../test/support/find-programs.js';
import { kafkaJars } from '../../test/support/kafka-jars.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { createDatabase } from '../support/database.js';
import { callApi, quantile, serve, startServer, type Served } from '../support/serve.js';
import { ruleCases, type RuleCase } from './rule-cases.js';
import { Traffic } from './traffic.js';
import { LogTopic, TOPIC } from './topic.js';

const options = {
  cases: { type: 'string', default: '150' }, 'every-ms': { type: 'string', default: '200' }, keys: { type: 'string', default: '10' },
  'history-h': { type: 'string', default: '192' }, background: { type: 'string', default: '500' }, json: { type: 'boolean', default: false }, 'postgres-server': { type: 'boolean', default: false },
  // Of the server, which runs as a process of its own.
  serve: { type: 'string' }, postgres: { type: 'string', default: '' },
} as const;

const POLL_MS = 100;
const LATEST_MS = 180_000;
/** A week's lines take longer to be judged than a case. */
const HISTORY_LATEST_MS = 900_000;

/**
 * `npm run bench:latency -- [--cases N] [--every-ms N] [--keys N] [--history-h N] [--background N] [--postgres-server] [--json]`: from the broker's acknowledgement of a
 * log line to the moment the API shows its finding, under `--background` other lines a second.
 */
export async function latency(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  if (values.serve !== undefined) return serve(values.serve, values.postgres);
  const [cases, everyMs, keys, hours, background] = [values.cases, values['every-ms'], values.keys, values['history-h'], values.background].map(Number) as [number, number, number, number, number];
  if (!(cases >= 3 && everyMs > 0 && keys >= 1 && hours >= 1 && background >= 0)) throw new Error('--cases takes a number from 3, --every-ms, --keys and --history-h from 1, --background from 0');
  const servers = await KeeperLine.open();
  try {
    const { brokers } = await servers.start<{ brokers: string[] }>('kafka', kafkaJars);
    const bin = values['postgres-server'] ? findPostgresBin() : undefined;
    if (values['postgres-server'] && bin === undefined) throw new Error('there is no Postgres server here');
    const postgres = bin === undefined ? '' : await createDatabase((await servers.start<{ url: string }>('postgres', { bin })).url);
    const topic = await LogTopic.open(brokers);
    const server = await startServer('latency', postgres, { KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: TOPIC, KEYTRAIL_KAFKA_GROUP: 'bench-latency' });
    try {
      const measured = await measure(server, topic, { cases, everyMs, keys, hours, background });
      const rules = describe('rules', measured.rules, cases);
      const spikes = describe(`spikes (x10 from 10 a minute, keys of ${hours} hours)`, measured.spikes, keys);
      process.stdout.write(`Postgres ${postgres === '' ? 'embedded' : 'server'}, ${background} other lines a second${server.pinned ? ', Keytrail on one core' : ''}\n${rules.text}\n${spikes.text}\n`);
      if (values.json) {
        process.stdout.write(`${JSON.stringify({
          rule_p99_s: rules.p99_s, spike_p99_s: spikes.p99_s, rule_p50_s: rules.p50_s, spike_p50_s: spikes.p50_s, rules_missed: rules.missed, spikes_missed: spikes.missed,
          cases, keys, history_h: hours, background_per_s: background, postgres: postgres === '' ? 'embedded' : 'server', one_core: server.pinned,
        })}\n`);
      }
    } finally {
      await server.stop();
      await topic.close();
    }
  } finally {
    servers.close();
  }
}

interface Load { cases: number; everyMs: number; keys: number; hours: number; background: number }
interface Waits { rules: number[]; spikes: number[] }

async function measure(server: Served, topic: LogTopic, { cases, everyMs, keys, hours, background }: Load): Promise<Waits> {
  const [sentinel, ...asked] = await ruleCases(server, cases + 1);
  const traffic = new Traffic(topic, keys, background);
  await traffic.sendHistory(Date.now(), hours);
  // Everything before it has been judged when its finding is there.
  await produced(topic, sentinel!);
  for (const end = Date.now() + HISTORY_LATEST_MS; !(await findings(server, sentinel!.rule)).has(sentinel!.subject); await delay(POLL_MS)) {
    if (Date.now() > end) throw new Error('the history was not judged in time');
  }
  const started = new Map<string, number>();
  const shown = new Map<string, number>();
  const running = traffic.run(started);
  const sending = sendCases(topic, asked, everyMs, started);
  const wanted = new Set([...asked.map(nameOf), ...traffic.spikingKeys.map((key) => `rate-spike ${key}`)]);
  for (const end = Date.now() + asked.length * everyMs + LATEST_MS; shown.size < wanted.size && Date.now() < end; await delay(POLL_MS)) {
    for (const rule of ['revoked-key-use', 'machine-credential-by-hand', 'unknown-key-probing', 'rate-spike']) {
      const now = Date.now();
      for (const subject of await findings(server, rule)) {
        const name = `${rule} ${subject}`;
        if (wanted.has(name) && !shown.has(name)) shown.set(name, now);
      }
    }
  }
  await sending;
  await traffic.stop(running);
  const waitsOf = (names: readonly string[]) => names.flatMap((name) => (shown.has(name) ? [(shown.get(name)! - started.get(name)!) / 1000] : []));
  return { rules: waitsOf(asked.map(nameOf)), spikes: waitsOf(traffic.spikingKeys.map((key) => `rate-spike ${key}`)) };
}

const nameOf = ({ rule, subject }: RuleCase) => `${rule} ${subject}`;

async function produced(topic: LogTopic, one: RuleCase): Promise<number> {
  const now = Date.now();
  await topic.send(one.lines(now));
  return now;
}

async function sendCases(topic: LogTopic, asked: readonly RuleCase[], everyMs: number, started: Map<string, number>): Promise<void> {
  for (const one of asked) {
    started.set(nameOf(one), await produced(topic, one));
    await delay(everyMs);
  }
}

/** Keys, or first addresses, that a rule has found something about. */
async function findings(server: Served, rule: string): Promise<Set<string>> {
  const subjects = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: FindingPage = await callApi(server, `/v1/findings?rule_id=${rule}&limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`);
    for (const { key_id, addresses } of page.data) subjects.add(key_id === '' ? addresses[0] ?? '' : key_id);
    cursor = page.next_cursor;
  }
  return subjects;
}

function describe(name: string, waits: readonly number[], asked: number) {
  const ordered = [...waits].sort((a, b) => a - b);
  const at = (share: number) => Number(quantile(ordered, share).toFixed(2));
  const missed = asked - ordered.length;
  return { p50_s: at(0.5), p99_s: at(0.99), missed, text: `${name}: p50 ${at(0.5)} s, p99 ${at(0.99)} s, max ${at(1)} s; ${ordered.length} of ${asked} found` };
}
