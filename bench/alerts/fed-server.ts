import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { AppLogger, newId, readSettings } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { StandaloneSettings } from '../../apps/standalone/settings.js';
import { startStandalone } from '../../apps/standalone/start.js';

const FINDINGS_AN_INSERT = 500;

/** What the parent asks for, a line each: findings of one cause, or one each of so many keys, so many a second. */
interface Order { cause: 'one' | 'each'; workspace: string; count: number; perSecond?: number }
/** What the child answers: which key's finding is stored since when. */
interface Stored { key_id: string; at: number }

/** The child's part: Keytrail whole, and findings straight into its database, as detection stores them. */
export async function serveAndFeed(directory: string, postgres: string): Promise<void> {
  const token = `bench-${randomBytes(16).toString('hex')}`;
  const settings = readSettings(StandaloneSettings, {
    KEYTRAIL_PORT: '0', KEYTRAIL_DATA_DIR: directory, KEYTRAIL_ADMIN_TOKEN: token, KEYTRAIL_ALERT_ALLOWED_NETWORKS: '127.0.0.1', ...(postgres !== '' && { KEYTRAIL_POSTGRES_URL: postgres }),
  });
  const standalone = await startStandalone(settings, { logger: new AppLogger({ json: false, quiet: true }), version: 'bench' });
  const database = standalone.app.get(Database, { strict: false });
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
  say({ url: standalone.url, token });
  for await (const line of createInterface({ input: process.stdin })) await feed(database, JSON.parse(line) as Order, say);
  await standalone.stop();
  process.exit(0);
}

async function feed(database: Database, { cause, workspace, count, perSecond }: Order, say: (stored: Stored | { fed: number }) => void): Promise<void> {
  const began = performance.now();
  const key = `storm-${randomBytes(4).toString('hex')}`;
  for (let fed = 0; fed < count;) {
    if (perSecond !== undefined) {
      await database.insertInto('findings').values([findingOf(workspace, `key-${randomBytes(6).toString('hex')}`, say)]).execute();
      fed += 1;
      const due = began + fed * 1_000 / perSecond;
      if (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    } else {
      const some = Math.min(FINDINGS_AN_INSERT, count - fed);
      await database.insertInto('findings').values(Array.from({ length: some }, () => findingOf(workspace, cause === 'one' ? key : `key-${randomBytes(6).toString('hex')}`))).execute();
      fed += some;
    }
  }
  say({ fed: count });
}

/** `say`: tells when it is asked to be stored, a little before it is. */
function findingOf(workspace_id: string, key_id: string, say?: (stored: Stored) => void) {
  const now = new Date();
  say?.({ key_id, at: now.getTime() });
  // A caller of its own: a shared one would tie incidents together.
  const address = `2001:db8:${newId('').slice(-8, -4)}:${newId('').slice(-4)}::1`;
  return {
    finding_id: newId('fnd'), rule_id: 'denied-burst', title: 'Burst of denied calls', severity: 'high' as const, workspace_id, key_id, principal: '', addresses: JSON.stringify([address]), first_seen: new Date(now.getTime() - 60_000),
    last_seen: now, summary: '40 of 40 calls were refused within 5 minutes', evidence: JSON.stringify({ request_ids: [], counts: { denied: 40, requests: 40 } }), episode: newId('ep'),
    incident_id: null, detected_at: now, awaits_correlation: true,
  };
}

export interface FedServer {
  url: string;
  token: string;
  /** When the finding of each key was stored, epoch milliseconds. */
  stored: Map<string, number>;
  /** Resolves when all are stored. */
  feed(order: Order): Promise<void>;
  stop(): Promise<void>;
}

const CORE = '0';
const OTHER_CORE = '1';

/** Starts it on one core and moves this process to another, where the system can do that. */
export async function startFedServer(postgres: string): Promise<FedServer> {
  const pinned = spawnSync('taskset', ['-cp', OTHER_CORE, String(process.pid)]).status === 0;
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-bench-'));
  const args = ['--enable-source-maps', process.argv[1]!, 'alerts', '--serve', directory, '--postgres', postgres];
  const options: SpawnOptions = { stdio: ['pipe', 'pipe', 'inherit'] };
  const child: ChildProcess = pinned ? spawn('taskset', ['-c', CORE, process.execPath, ...args], options) : spawn(process.execPath, args, options);
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const told = await Promise.race([once(lines, 'line'), ended.then(() => undefined)]);
  if (told === undefined) throw new Error('Keytrail ended while it started');
  const stored = new Map<string, number>();
  lines.on('line', (line) => {
    const { key_id, at } = JSON.parse(line) as Partial<Stored>;
    if (key_id !== undefined && at !== undefined) stored.set(key_id, at);
  });
  return {
    ...JSON.parse(String(told[0])) as { url: string; token: string }, stored,
    async feed(order) {
      const done = untilFed(lines);
      child.stdin!.write(`${JSON.stringify(order)}\n`);
      await Promise.race([done, ended.then(() => Promise.reject(new Error('Keytrail ended')))]);
    },
    async stop() {
      child.stdin?.end();
      await ended;
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

const untilFed = (lines: Interface): Promise<void> => new Promise((resolve) => {
  const look = (line: string) => {
    if (!line.includes('"fed"')) return;
    lines.off('line', look);
    resolve();
  };
  lines.on('line', look);
});
