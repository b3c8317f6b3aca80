const values = (name: string, comment: string) => `ADD COLUMN IF NOT EXISTS ${name} Array(String) COMMENT '${comment}' CODEC(ZSTD(1))`;

/**
 * What more rules ask of arrivals. Values are gathered, not grouped by: what a caller did in a minute stays one row. What few requests have
 * (an origin, claims of a token, a secret in a path) comes as signs, so that it costs nothing where there is none.
 */
export const signsOfRequests: readonly string[] = [
  `ALTER TABLE request_logs ${values('signs', 'name:value, as libs/request-logs/signs.ts makes them')}`,
  `ALTER TABLE caller_activity
    ${values('methods', 'At most 8')}, ${values('environments', 'At most 3')}, ${values('nodes', 'At most 4')},
    ADD COLUMN IF NOT EXISTS bytes_out UInt64 CODEC(ZSTD(1)), ${values('signs', 'At most 16')}`,
  // In place: a view that is dropped and made again misses what is inserted between.
  `ALTER TABLE caller_activity_fill MODIFY QUERY
  SELECT max(now64(3, 'UTC')) AS ingested_at, batch_id, workspace_id, key_id, key_fingerprint, credential_kind, CAST(principal, 'String') AS principal,
    CAST(address, 'String') AS address, any(request_logs.country) AS country, CAST(user_agent, 'String') AS user_agent, outcome,
    refusal_reason, toUInt32(intDiv(toUnixTimestamp(toDateTime(time, 'UTC')), 60)) AS minute, count() AS requests,
    min(time) AS first_time, max(time) AS last_time, groupArray(5)(request_id) AS request_ids,
    groupUniqArray(5)(substringUTF8(if(route != '', CAST(route, 'String'), cutQueryStringAndFragment(path)), 1, 120)) AS routes,
    groupUniqArray(8)(CAST(method, 'String')) AS methods, groupUniqArray(3)(CAST(environment, 'String')) AS environments,
    groupUniqArray(4)(CAST(gateway_node, 'String')) AS nodes, sum(coalesce(request_logs.bytes_out, 0)) AS bytes_out,
    groupUniqArrayArray(16)(request_logs.signs) AS signs
  FROM request_logs
  GROUP BY batch_id, workspace_id, key_id, key_fingerprint, credential_kind, principal, address, user_agent, outcome,
    refusal_reason, minute`,
];
