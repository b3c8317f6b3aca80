import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickHouse, openClickHouse } from '@keytrail/clickhouse';
import { HttpIntake } from '@keytrail/request-logs';
import { benchCaller, serviceOf, startCollector, type CollectorStores } from './collector-app.js';
import { measure, type Measured } from './measure.js';
import { readLines } from './request-lines.js';
import { bytesByTable } from './stored.js';

/** What the lines hold of the table's columns. */
const STRUCTURE = `time DateTime64(3, 'UTC'), request_id String, key_id String, credential_kind String, principal String, method String, route String, path String, status UInt16,
  latency_ms Float32, bytes_in UInt64, bytes_out UInt64, address String, user_agent String, tenant String, gateway_node String`;
const COLUMNS = STRUCTURE.split(',\n').join(', ').split(/, (?=[a-z_]+ [A-Z])/).map((column) => column.trim().split(' ')[0]).join(', ');

/**
 * The engine's raw insert: it is given the very bytes that the pipeline is given, reads them itself (unknown fields are skipped), and stores them
 * in the same tables with the same rollups, as many batches at once as the pipeline has on their way.
 */
export async function engineFromLines({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const path = join(stores.directory, 'clickhouse');
  // Here and not above: it would be in the memory of every phase.
  const { createChdbConnection } = await import('chdb/connection');
  const clickhouse = await openClickHouse({ directory: path });
  const connections = Array.from({ length: AT_ONCE }, () => createChdbConnection({ path }));
  const measured = await measure(rows, () => eachOf(batches(rows, batch), async (range, index, worker) => {
    await connections[worker]!.chdb.rawInsert({
      table: 'request_logs', values: await readLines(lines, ...range), format: 'JSONEachRow',
      settings: { ...insertSettings(index), input_format_skip_unknown_fields: 1, date_time_input_format: 'best_effort' },
    });
  }));
  await bytesByTable(clickhouse, rows);
  return measured;
}

const insertSettings = (index: number) =>
  ({ async_insert: 0, insert_deduplicate: 1, insert_deduplication_token: `bench-${index}`, deduplicate_blocks_in_dependent_materialized_views: 1 });

/**
 * The same bytes by way of a file, which the engine reads several times faster.
 */
export async function engineFromFiles({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const clickhouse = await openClickHouse({ directory: join(stores.directory, 'clickhouse') });
  const measured = await measure(rows, () => eachOf(batches(rows, batch), async (range, index) => {
    const file = join(stores.directory, `${index}.ndjson`);
    await writeFile(file, await readLines(lines, ...range));
    await clickhouse.command(`INSERT INTO request_logs (${COLUMNS}, workspace_id, batch_id, ingested_at)
      SELECT ${COLUMNS}, 'default', '${index}', now64(3) FROM file('${file}', 'JSONEachRow', '${STRUCTURE.replaceAll("'", "\\'")}')
      SETTINGS ${Object.entries(insertSettings(index)).map(([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`).join(', ')},
        date_time_input_format = 'best_effort'`);
    await rm(file);
  }));
  await bytesByTable(clickhouse, rows);
  return measured;
}

/** The engine alone, given ready-made the blocks that the pipeline makes of those lines, through the door that the pipeline uses. */
export async function engineFromBlocks({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const running = await startCollector(stores);
  const [clickhouse, intake] = [serviceOf(running, ClickHouse), serviceOf(running, HttpIntake)];
  const made: Parameters<ClickHouse['insertBlock']>[] = [];
  const insert = clickhouse.insertBlock.bind(clickhouse);
  clickhouse.insertBlock = async (...block) => void made.push(block);
  for (const range of batches(rows, batch)) await intake.take(benchCaller, { body: await readLines(lines, ...range), encoding: undefined, query: { format: 'native' }, idempotencyKey: undefined });
  const measured = await measure(rows, () => eachOf(made, (block) => insert(...block)));
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

/** Batches on their way at a time, as two senders would have. */
const AT_ONCE = 2;

export async function eachOf<Item>(items: readonly Item[], work: (item: Item, index: number, worker: number) => Promise<void>): Promise<void> {
  const left = items.entries();
  const run = async (worker: number) => {
    for (const [index, item] of left) await work(item, index, worker);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => run(worker)));
}

export function batches(rows: number, batch: number): [first: number, count: number][] {
  return Array.from({ length: Math.ceil(rows / batch) }, (_, index) => [index * batch, Math.min(batch, rows - index * batch)]);
}
