import type { Scratch } from './scratch.js';

/** Collectors insert so many groups at a time, more or less. */
const GROUPS_A_BATCH = 10_000;

/** One group of each key in a minute, as collectors leave them: `keys` rows of `caller_activity` that have just arrived, of the keys from number `from` on. */
export async function arrive(clickhouse: Scratch['clickhouse'], minute: number, keys: number, from = 0): Promise<void> {
  await clickhouse.command(`INSERT INTO caller_activity
    SELECT now64(3, 'UTC') AS ingested_at, concat('bench-', toString(${minute}), '-', toString(intDiv(number, ${GROUPS_A_BATCH}))) AS batch_id, ${columnsOf(minute, from)}
    FROM numbers(${keys}) SETTINGS async_insert = 0`);
}

/** Rows of days before, which detection is through with. */
export async function leaveBehind({ clickhouse }: Pick<Scratch, 'clickhouse'>, rows: number, minute: number): Promise<void> {
  await clickhouse.command(`INSERT INTO caller_activity
    SELECT now64(3, 'UTC') - INTERVAL 1 DAY - INTERVAL (number % 400000) SECOND AS ingested_at, concat('old-', toString(intDiv(number, ${GROUPS_A_BATCH}))) AS batch_id,
      ${columnsOf(minute - 2 * 24 * 60, 10_000_000)}
    FROM numbers(${rows}) SETTINGS async_insert = 0`);
}

/** Callers of keys as they were known before. */
export async function knowCallers({ clickhouse }: Pick<Scratch, 'clickhouse'>, keys: number, minute: number): Promise<void> {
  await clickhouse.command(`INSERT INTO key_callers (workspace_id, key_id, address, user_agent, country, requests, first_time, last_time)
    SELECT workspace_id, key_id, address, user_agent, country, requests, first_time - INTERVAL 8 DAY, last_time FROM (SELECT ${columnsOf(minute, 0)} FROM numbers(${keys}))`);
}

/** Requests of the key number `key` in a minute: five, give or take two. */
export const requestsAt = (key: number, minute: number): number => 3 + (key * 7 + minute) % 5;

const columnsOf = (minute: number, from: number): string => `
  'default' AS workspace_id, concat('key_', toString(number + ${from})) AS key_id, '' AS key_fingerprint, 'api_key' AS credential_kind, '' AS principal,
  concat('10.', toString(intDiv(number, 65536) % 256), '.', toString(intDiv(number, 256) % 256), '.', toString(number % 256)) AS address, 'DE' AS country, 'orders-sdk/1.4 (node 20; linux)' AS user_agent,
  'authorised' AS outcome, '' AS refusal_reason, toUInt32(${minute}) AS minute, toUInt64(3 + (number * 7 + ${minute}) % 5) AS requests,
  toDateTime64(${minute * 60}, 3, 'UTC') AS first_time, toDateTime64(${minute * 60 + 59}, 3, 'UTC') AS last_time,
  [concat('bench-', toString(number), '-', toString(${minute}))] AS request_ids, [concat('/v1/orders/', toString(number % 7))] AS routes, ['GET'] AS methods, [] AS environments,
  ['gateway-1'] AS nodes, toUInt64(800) AS bytes_out, [] AS signs`;
