import { mkdirSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { Session } from 'chdb';
import { type ChdbConnection, createChdbConnection } from 'chdb/connection';
import { ClickHouse, insertSettings, type InsertOptions, type QueryParams } from './clickhouse.js';
import { forgetLostBlocks } from './lost-blocks.js';
import type { NativeBlock } from './native-block.js';

interface Connection {
  client: ClickHouseClient;
  connection: ChdbConnection;
  /** Tail of the queue: one connection runs one statement at a time. */
  tail: Promise<unknown>;
  waiting: number;
}

/** Merges go on in the background of one process's other work: two at a time keep up with any insert rate seen, and bound what they hold. */
const LEAN = ['--background_pool_size=1', '--background_merges_mutations_concurrency_ratio=2'];

/**
 * ClickHouse inside this process (chDB), on a directory that only this process may open. Statements spread over several connections.
 * Settings are never given to the client: its adapter issues them as SET and they would stay on the connection.
 */
export class EmbeddedClickHouse extends ClickHouse {
  /** Opened first, since what the engine is told at its start counts for every connection. */
  private readonly engine: Session;
  private readonly sessions: Connection[];
  private readonly blockDirectory: string;
  private blocks = 0;

  constructor(directory: string, connections = 4) {
    super();
    this.blockDirectory = join(resolve(directory), 'blocks');
    // What a process that was killed left behind was never acknowledged.
    rmSync(this.blockDirectory, { recursive: true, force: true });
    mkdirSync(this.blockDirectory, { recursive: true, mode: 0o700 });
    forgetLostBlocks(directory);
    this.engine = new Session(directory, { connectionArgs: LEAN });
    this.sessions = Array.from({ length: connections }, () => {
      const connection = createChdbConnection({ path: directory });
      return { connection, client: createClient({ connection: connection as never }), tail: Promise.resolve(), waiting: 0 };
    });
  }

  override async select<Row>(sql: string, params?: QueryParams): Promise<Row[]> {
    return this.run(async ({ client }) => {
      const result = await client.query({ query: sql, format: 'JSONEachRow', ...(params && { query_params: params }) });
      return result.json<Row>();
    });
  }

  override async selectColumns<Row>(sql: string, params?: QueryParams): Promise<{ [Name in keyof Row]: Row[Name][] }> {
    return this.run(async ({ client }) => {
      const result = await client.query({ query: sql, format: 'JSONColumnsWithMetadata', ...(params && { query_params: params }) });
      return (await result.json<Row>()).data as { [Name in keyof Row]: Row[Name][] };
    });
  }

  /** By way of a file: the engine's own door for bytes takes text only, and is several times slower. */
  override async insertBlock(table: string, block: NativeBlock, options: InsertOptions): Promise<void> {
    this.blocks += 1;
    const file = join(this.blockDirectory, `${this.blocks}.native`);
    const columns = block.columns.join(', ');
    const settings = Object.entries(insertSettings(options.deduplicationToken)).map(([name, value]) => `${name} = ${quoted(value)}`);
    try {
      await writeFile(file, block.bytes, { mode: 0o600 });
      await this.command(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM file(${quoted(file)}, 'Native') SETTINGS ${settings.join(', ')}`);
    } finally {
      await rm(file, { force: true });
    }
  }

  override async command(sql: string): Promise<void> {
    await this.run(({ client }) => client.command({ query: sql }));
  }

  override async close(): Promise<void> {
    await Promise.all(this.sessions.map(async (session) => {
      await session.tail;
      await session.client.close();
    }));
    this.engine.close();
  }

  private run<T>(work: (session: Connection) => Promise<T>): Promise<T> {
    const session = this.sessions.reduce((best, other) => (other.waiting < best.waiting ? other : best));
    session.waiting += 1;
    const result = session.tail.then(() => work(session)).finally(() => {
      session.waiting -= 1;
    });
    session.tail = result.catch(() => undefined);
    return result;
  }
}

const quoted = (value: string | number): string =>
  (typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);
