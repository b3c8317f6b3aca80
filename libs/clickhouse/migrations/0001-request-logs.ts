/** Inserts remembered for deduplication, per table. A retry comes at once or after a restart: far fewer than this many inserts later. */
const WINDOW = 10_000;

/**
 * Request logs and their rollups. The rollups' targets are not partitioned and remember insert tokens too: otherwise a repeated insert
 * that the table drops would count twice in them.
 */
export const requestLogs: readonly string[] = [
  // Sorted by key, then time: the questions are "what did this key do" and "what happened in this workspace lately".
  // A bloom filter finds a request id without a second copy of the ids.
  `CREATE TABLE IF NOT EXISTS request_logs (
    workspace_id LowCardinality(String),
    key_id String,
    key_fingerprint String COMMENT 'Keyed HMAC of the presented credential; empty when the gateway named the key',
    credential_kind LowCardinality(String),
    principal LowCardinality(String),
    request_id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    outcome LowCardinality(String),
    refusal_reason LowCardinality(String),
    method LowCardinality(String),
    route LowCardinality(String),
    path String CODEC(ZSTD(1)),
    status UInt16,
    latency_ms Nullable(Float32),
    bytes_in Nullable(UInt64),
    bytes_out Nullable(UInt64),
    address LowCardinality(String),
    country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2; empty when not known',
    user_agent LowCardinality(String),
    origin LowCardinality(String),
    referer LowCardinality(String),
    tenant LowCardinality(String),
    environment LowCardinality(String),
    gateway_node LowCardinality(String),
    attributes Map(LowCardinality(String), String),
    source LowCardinality(String) COMMENT 'http or kafka',
    topic LowCardinality(String),
    partition Int32 COMMENT '-1 when not from Kafka',
    offset Int64 COMMENT '-1 when not from Kafka',
    batch_id LowCardinality(String) COMMENT 'The insert the row came in',
    ingested_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX request_id_bloom request_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX time_minmax time TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(time) ORDER BY (workspace_id, key_id, time)
  SETTINGS non_replicated_deduplication_window = ${WINDOW}`,

  `CREATE TABLE IF NOT EXISTS request_minutes (
    workspace_id LowCardinality(String),
    key_id String,
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    requests SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    denied SimpleAggregateFunction(sum, UInt64) COMMENT 'unauthorised + forbidden',
    rate_limited SimpleAggregateFunction(sum, UInt64),
    bytes_out SimpleAggregateFunction(sum, UInt64),
    addresses AggregateFunction(uniq, String)
  ) ENGINE = AggregatingMergeTree ORDER BY (workspace_id, key_id, minute)
  SETTINGS non_replicated_deduplication_window = ${WINDOW}`,

  `CREATE MATERIALIZED VIEW IF NOT EXISTS request_minutes_fill TO request_minutes AS
  SELECT workspace_id, key_id, toStartOfMinute(toDateTime(time, 'UTC')) AS minute, count() AS requests,
    countIf(outcome = 'error') AS errors, countIf(outcome IN ('unauthorised', 'forbidden')) AS denied,
    countIf(outcome = 'rate_limited') AS rate_limited, sum(coalesce(bytes_out, 0)) AS bytes_out,
    uniqState(CAST(address, 'String')) AS addresses
  FROM request_logs GROUP BY workspace_id, key_id, minute`,

  // Who uses a key, from where and with what: first-seen addresses, and what breaks when the key goes.
  `CREATE TABLE IF NOT EXISTS key_callers (
    workspace_id LowCardinality(String),
    key_id String,
    address String,
    user_agent String,
    country SimpleAggregateFunction(anyLast, String),
    requests SimpleAggregateFunction(sum, UInt64),
    denied SimpleAggregateFunction(sum, UInt64),
    first_time SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_time SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
  ) ENGINE = AggregatingMergeTree ORDER BY (workspace_id, key_id, address, user_agent)
  SETTINGS non_replicated_deduplication_window = ${WINDOW}`,

  `CREATE MATERIALIZED VIEW IF NOT EXISTS key_callers_fill TO key_callers AS
  SELECT workspace_id, key_id, CAST(address, 'String') AS address, CAST(user_agent, 'String') AS user_agent,
    anyLast(CAST(country, 'String')) AS country, count() AS requests,
    countIf(outcome IN ('unauthorised', 'forbidden')) AS denied, min(time) AS first_time, max(time) AS last_time
  FROM request_logs WHERE key_id != '' GROUP BY workspace_id, key_id, address, user_agent`,

  // What is new since a detection tick: a few rows an insert, in order of arrival, gone after a week.
  `CREATE TABLE IF NOT EXISTS caller_activity (
    ingested_at DateTime64(3, 'UTC') COMMENT 'By the clock of the store: those of collectors differ' CODEC(Delta, ZSTD(1)),
    batch_id String,
    workspace_id LowCardinality(String),
    key_id String,
    key_fingerprint String,
    credential_kind LowCardinality(String),
    principal String,
    address String,
    country LowCardinality(String),
    user_agent String,
    outcome LowCardinality(String),
    refusal_reason LowCardinality(String),
    minute UInt32 COMMENT 'Epoch minutes of the requests own clock',
    requests UInt64,
    first_time DateTime64(3, 'UTC'),
    last_time DateTime64(3, 'UTC'),
    request_ids Array(String),
    routes Array(String) COMMENT 'At most 5; the path without its query where the gateway names no route'
  ) ENGINE = MergeTree ORDER BY (ingested_at, workspace_id, key_id) TTL toDateTime(ingested_at) + INTERVAL 7 DAY
  SETTINGS non_replicated_deduplication_window = ${WINDOW}`,

  `CREATE MATERIALIZED VIEW IF NOT EXISTS caller_activity_fill TO caller_activity AS
  SELECT max(now64(3, 'UTC')) AS ingested_at, batch_id, workspace_id, key_id, key_fingerprint, credential_kind, CAST(principal, 'String') AS principal,
    CAST(address, 'String') AS address, any(request_logs.country) AS country, CAST(user_agent, 'String') AS user_agent, outcome,
    refusal_reason, toUInt32(intDiv(toUnixTimestamp(toDateTime(time, 'UTC')), 60)) AS minute, count() AS requests,
    min(time) AS first_time, max(time) AS last_time, groupArray(5)(request_id) AS request_ids,
    groupUniqArray(5)(substringUTF8(if(route != '', CAST(route, 'String'), cutQueryStringAndFragment(path)), 1, 120)) AS routes
  FROM request_logs
  GROUP BY batch_id, workspace_id, key_id, key_fingerprint, credential_kind, principal, address, user_agent, outcome,
    refusal_reason, minute`,
];
