import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describeWith } from './describe-with.js';
import { findPostgresBin } from './find-programs.js';
import type { OwnServer } from './clickhouse.js';
import { KeeperLine, sharedServer } from './server-keeper.js';

export interface PostgresDatabase {
  url: string;
  /** Drops the database, ending connections that are still open. */
  drop(): Promise<void>;
}

const given = (): string | undefined => process.env.KEYTRAIL_TEST_POSTGRES || undefined;

/** A suite on a real Postgres: that of KEYTRAIL_TEST_POSTGRES, else the run's one throw-away cluster. */
export function describeWithPostgres(name: string, suite: () => void): void {
  const part = {
    name: 'a Postgres server',
    missing: given() || findPostgresBin() ? undefined : 'there is no initdb on PATH or under /usr/lib/postgresql',
    howToGet: 'Set KEYTRAIL_TEST_POSTGRES=postgres://user@host:port/postgres (a user who may create databases), or install the server (apt-get install postgresql).',
    prepare: sharedServerUrl,
  };
  describeWith(part, name, suite);
}

/** A Postgres of the caller's own, to break it. It ends with `stop()`, and in any case with the calling process. */
export async function startPostgresServer(): Promise<OwnServer> {
  const line = await KeeperLine.open();
  const { server, url } = await line.start<{ url: string }>('postgres', { bin: findPostgresBin(), toBeKilled: true });
  return {
    url,
    kill: () => line.call(server, 'kill'),
    restart: () => line.call(server, 'restart'),
    async stop() {
      await line.call(server, 'stop');
      line.close();
    },
  };
}

export const canStartPostgres = (): boolean => findPostgresBin() !== undefined;

/** A new, empty database on a Postgres; that of the run unless told otherwise. */
export async function createPostgresDatabase(on?: { url: string }): Promise<PostgresDatabase> {
  const server = on?.url ?? await sharedServerUrl();
  const name = `keytrail_test_${randomUUID().replaceAll('-', '')}`;
  await runOn(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runOn(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function sharedServerUrl(): Promise<string> {
  return given() ?? (await sharedServer<{ url: string }>('postgres', { bin: findPostgresBin() })).url;
}

async function runOn(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
