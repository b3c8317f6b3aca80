import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { ClickHouse, insertSettings, type InsertOptions, type QueryParams } from './clickhouse.js';
import type { NativeBlock } from './native-block.js';

/** ClickHouse on a server, over HTTP. The URL may carry user, password and database (`http://user:password@host:8123/database`). */
export class ServerClickHouse extends ClickHouse {
  private readonly client: ClickHouseClient;

  constructor(url: string) {
    super();
    this.client = createClient({
      url, application: 'keytrail', request_timeout: 60_000, max_open_connections: 10,
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      // What fails is thrown; who catches it logs it.
      log: { level: ClickHouseLogLevel.OFF },
    });
  }

  override async select<Row>(sql: string, params?: QueryParams): Promise<Row[]> {
    const result = await this.client.query({ query: sql, format: 'JSONEachRow', ...(params && { query_params: params }) });
    return result.json<Row>();
  }

  override async selectColumns<Row>(sql: string, params?: QueryParams): Promise<{ [Name in keyof Row]: Row[Name][] }> {
    const result = await this.client.query({ query: sql, format: 'JSONColumnsWithMetadata', ...(params && { query_params: params }) });
    return (await result.json<Row>()).data as { [Name in keyof Row]: Row[Name][] };
  }

  override async insertBlock(table: string, block: NativeBlock, options: InsertOptions): Promise<void> {
    // Not `insert`: that one takes no bytes in this format.
    const { stream } = await this.client.exec({
      query: `INSERT INTO ${table} (${block.columns.join(', ')}) FORMAT Native`, values: Readable.from([block.bytes], { objectMode: false }),
      clickhouse_settings: insertSettings(options.deduplicationToken) as never,
    });
    await buffer(stream);
  }

  override async command(sql: string): Promise<void> {
    await this.client.command({ query: sql });
  }

  override async close(): Promise<void> {
    await this.client.close();
  }
}
