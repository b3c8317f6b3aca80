import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { type ChdbConnection, createChdbConnection } from 'chdb/connection';
import { ClickHouse, insertSettings, type InsertOptions, type QueryParams } from './clickhouse.js';

interface Session {
  client: ClickHouseClient;
  connection: ChdbConnection;
  /** Tail of the queue: one connection runs one statement at a time. */
  tail: Promise<unknown>;
  waiting: number;
}

/**
 * ClickHouse inside this process (chDB), on a directory that only this process may open. Statements spread over several connections.
 * Settings are never given to the client: its adapter issues them as SET and they would stay on the connection.
 */
export class EmbeddedClickHouse extends ClickHouse {
  private readonly sessions: Session[];

  constructor(directory: string, connections = 4) {
    super();
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

  override async insertJsonLines(table: string, rows: Buffer, options: InsertOptions): Promise<void> {
    await this.run(({ connection }) => connection.chdb.rawInsert({
      table, values: rows, format: 'JSONEachRow', settings: insertSettings(options.deduplicationToken),
    }));
  }

  override async command(sql: string): Promise<void> {
    await this.run(({ client }) => client.command({ query: sql }));
  }

  override async close(): Promise<void> {
    await Promise.all(this.sessions.map(async (session) => {
      await session.tail;
      await session.client.close();
    }));
  }

  private run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.sessions.reduce((best, other) => (other.waiting < best.waiting ? other : best));
    session.waiting += 1;
    const result = session.tail.then(() => work(session)).finally(() => {
      session.waiting -= 1;
    });
    session.tail = result.catch(() => undefined);
    return result;
  }
}
