import { randomUUID } from 'node:crypto';
import { describeWith } from './describe-with.js';
import { findOnPath, hasChdb } from './find-programs.js';
import { KeeperLine, sharedServer } from './server-keeper.js';

export interface ClickHouseDatabase {
  /** Address of the server, without the database. */
  url: string;
  database: string;
  drop(): Promise<void>;
}

const given = (): string | undefined => process.env.KEYTRAIL_TEST_CLICKHOUSE || undefined;
const server = (): { binary?: string } => ({ binary: findOnPath('clickhouse') });

/** A suite on ClickHouse over HTTP: that of KEYTRAIL_TEST_CLICKHOUSE, a `clickhouse` binary, or chDB behind the same interface. */
export function describeWithClickHouseHttp(name: string, suite: () => void): void {
  const part = {
    name: 'ClickHouse over HTTP',
    missing: given() || findOnPath('clickhouse') || hasChdb() ? undefined : 'there is no clickhouse on PATH, and chDB has no library for this platform',
    howToGet: 'Set KEYTRAIL_TEST_CLICKHOUSE=http://user:password@host:8123 (a user who may create databases), or put a clickhouse binary on PATH.',
    prepare: sharedClickHouseHttp,
  };
  describeWith(part, name, suite);
}

/** The run's one ClickHouse. */
export async function sharedClickHouseHttp(): Promise<{ url: string }> {
  const url = given();
  return url ? { url } : sharedServer<{ url: string }>('clickhouse', server());
}

/** A server of the caller's own, to break it. */
export interface OwnServer {
  url: string;
  /** Ends it without warning (SIGKILL); its data stays. */
  kill(): Promise<void>;
  /** Ends it if it runs, then starts it on the same port and data; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A ClickHouse of the caller's own. It ends with `stop()`, and in any case with the calling process. */
export async function startClickHouseHttp(): Promise<OwnServer> {
  const line = await KeeperLine.open();
  const started = await line.start<{ url: string }>('clickhouse', server());
  return {
    url: started.url,
    kill: () => line.call(started.server, 'kill'),
    restart: () => line.call(started.server, 'restart'),
    async stop() {
      await line.call(started.server, 'stop');
      line.close();
    },
  };
}

/** Whether a server of one's own can be started. */
export const canStartClickHouse = (): boolean => findOnPath('clickhouse') !== undefined || hasChdb();

/** A new, empty database on a ClickHouse; that of the run unless told otherwise. */
export async function createClickHouseDatabase(on?: { url: string }): Promise<ClickHouseDatabase> {
  const { url } = on ?? await sharedClickHouseHttp();
  const database = `keytrail_test_${randomUUID().replaceAll('-', '')}`;
  await runOn(url, `CREATE DATABASE ${database}`);
  return { url, database, drop: () => runOn(url, `DROP DATABASE IF EXISTS ${database} SYNC`) };
}

async function runOn(url: string, sql: string): Promise<void> {
  const { origin, username, password } = new URL(url);
  const credentials = Buffer.from(`${decodeURIComponent(username) || 'default'}:${decodeURIComponent(password)}`).toString('base64');
  const response = await fetch(origin, { method: 'POST', body: sql, headers: { authorization: `Basic ${credentials}` } });
  if (!response.ok) throw new Error(`${sql}: ${await response.text()}`);
}
