import { join } from 'node:path';
import { createChdbConnection } from 'chdb/connection';
import { ClickHouse, openClickHouse } from '@keytrail/clickhouse';
import { HttpIntake } from '@keytrail/request-logs';
import { benchCaller, serviceOf, startCollector, type CollectorStores } from './collector-app.js';
import { measure, type Measured } from './measure.js';
import { readLines } from './request-lines.js';
import { bytesByTable } from './stored.js';

/**
 * The engine alone: it is given the very bytes that the pipeline is given, reads them itself (unknown fields are skipped), and stores them in
 * the same tables with the same rollups.
 */
export async function engineFromLines({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const path = join(stores.directory, 'clickhouse');
  await (await openClickHouse({ directory: path })).close();
  const { chdb } = createChdbConnection({ path });
  return measure(rows, async () => {
    for (const [index, range] of batches(rows, batch).entries()) {
      const values = await readLines(lines, ...range);
      await chdb.rawInsert({
        table: 'request_logs', values, format: 'JSONEachRow',
        settings: {
          async_insert: 0, insert_deduplicate: 1, insert_deduplication_token: index.toString(16).padStart(8, '0'), deduplicate_blocks_in_dependent_materialized_views: 1,
          input_format_skip_unknown_fields: 1, date_time_input_format: 'best_effort',
        },
      });
    }
  });
}

/** The engine alone, given ready-made the blocks that the pipeline makes of those lines, through the door that the pipeline uses. */
export async function engineFromBlocks({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const running = await startCollector(stores);
  const [clickhouse, intake] = [serviceOf(running, ClickHouse), serviceOf(running, HttpIntake)];
  const made: Parameters<ClickHouse['insertBlock']>[] = [];
  const insert = clickhouse.insertBlock.bind(clickhouse);
  clickhouse.insertBlock = async (...block) => void made.push(block);
  for (const range of batches(rows, batch)) await intake.take(benchCaller, { body: await readLines(lines, ...range), encoding: undefined, query: { format: 'native' }, idempotencyKey: undefined });
  const measured = await measure(rows, async () => {
    for (const block of made) await insert(...block);
  });
  await bytesByTable(clickhouse, rows);
  await running.stop();
  return measured;
}

/** `lines` is the file that holds them. */
export interface PhaseOptions {
  stores: CollectorStores;
  lines: string;
  rows: number;
  batch: number;
  brokers: readonly string[];
}

export function batches(rows: number, batch: number): [first: number, count: number][] {
  return Array.from({ length: Math.ceil(rows / batch) }, (_, index) => [index * batch, Math.min(batch, rows - index * batch)]);
}
