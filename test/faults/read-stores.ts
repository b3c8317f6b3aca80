import { openClickHouse, type ClickHouse, type ClickHouseLocation } from '@keytrail/clickhouse';
import { Database, type PostgresLocation } from '@keytrail/postgres';
import type { Cell, NamedRows, RollupName, Stored } from './compare.js';
import type { Oracle } from './oracle.js';

export interface StoreLocations {
  clickhouse: ClickHouseLocation;
  postgres: PostgresLocation;
}

const IDS_AT_ONCE = 100_000;

const cellsOf = (keys: string): Record<Exclude<RollupName, 'intake_counts'>, string> => ({
  request_minutes: `SELECT concat(key_id, ' ', toString(intDiv(toUnixTimestamp(m.minute), 60))) AS cell,
    arrayStringConcat(arrayMap(n -> toString(n), [sum(m.requests), sum(m.errors), sum(m.denied), sum(m.rate_limited), sum(m.bytes_out), uniqMerge(m.addresses)]), ' ') AS counts
    FROM request_minutes AS m WHERE key_id IN (${keys}) GROUP BY cell`,
  key_callers: `SELECT concat(key_id, ' ', address, ' ', user_agent) AS cell, concat(toString(sum(c.requests)), ' ', toString(sum(c.denied))) AS counts
    FROM key_callers AS c WHERE key_id IN (${keys}) GROUP BY cell`,
  caller_activity: `SELECT concat(key_id, ' ', address, ' ', user_agent, ' ', outcome, ' ', toString(a.minute)) AS cell, toString(sum(a.requests)) AS counts
    FROM caller_activity AS a WHERE key_id IN (${keys}) GROUP BY cell`,
});

/** Reads all that the stores hold; they hold one campaign. Letters that were replayed are rows. Embedded stores: their process must have ended. */
export async function readStores({ clickhouse: at, postgres }: StoreLocations, oracle: Oracle): Promise<Omit<Stored, 'topicLetters'>> {
  const cells = cellsOf(oracle.keys.map((key) => `'${key}'`).join(', '));
  const clickhouse = await openClickHouse(at);
  const read = async () => ({
    requests: await readRequests(clickhouse, oracle),
    request_minutes: await clickhouse.select<Cell>(cells.request_minutes),
    key_callers: await clickhouse.select<Cell>(cells.key_callers),
    caller_activity: await clickhouse.select<Cell>(cells.caller_activity),
  });
  const { requests, ...rollups } = await read().finally(() => clickhouse.close());
  const database = await Database.open(postgres);
  try {
    const letters = await database.selectFrom('dead_letters').select(({ fn }) => ['sha256 as name', fn.countAll<number>().as('rows')])
      .where('replayed_at', 'is', null).groupBy('sha256').execute();
    const counts = await database.selectFrom('intake_counts').selectAll().execute();
    const sum = (state: 'received' | 'stored' | 'dead_lettered') => counts.reduce((total, count) => total + count[state], 0);
    return {
      requests, letters: letters.map(({ name, rows }) => ({ name, rows: Number(rows) })),
      cells: { ...rollups, intake_counts: [{ cell: 'all', counts: `${sum('received')} ${sum('stored')} ${sum('dead_lettered')}` }] },
    };
  } finally {
    await database.destroy();
  }
}

/** In parts: a client holds the whole of an answer in memory. */
async function readRequests(clickhouse: ClickHouse, oracle: Oracle): Promise<NamedRows[]> {
  const requests: NamedRows[] = [];
  const parts = Math.ceil(oracle.acknowledged / IDS_AT_ONCE);
  for (let part = 0; part < parts; part += 1) {
    for (const row of await clickhouse.select<NamedRows>(`SELECT request_id AS name, toUInt32(count()) AS rows FROM request_logs
      WHERE key_id IN (${oracle.keys.map((key) => `'${key}'`).join(', ')}) AND cityHash64(request_id) % ${parts} = ${part} GROUP BY request_id`)) requests.push(row);
  }
  return requests;
}

/** Makes the stores forget insert tokens: a block that comes again is stored again. */
export async function forgetTokens(at: ClickHouseLocation): Promise<void> {
  const clickhouse = await openClickHouse(at);
  try {
    for (const table of ['request_logs', 'request_minutes', 'key_callers', 'caller_activity']) {
      await clickhouse.command(`ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 0`);
    }
  } finally {
    await clickhouse.close();
  }
}
