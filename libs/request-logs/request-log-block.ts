import { NativeBlockBuilder, type NativeBlock, type NativeColumn } from '@keytrail/clickhouse';
import type { RequestLogRow } from './row.js';

type Column = NativeColumn<RequestLogRow>;

const time = (name: 'time', value: (row: RequestLogRow) => number): Column => ({ name, type: `DateTime64(3, 'UTC')`, value });
const text = (name: string, value: (row: RequestLogRow) => string): Column => ({ name, type: 'String', value });
/** For values that come again and again within a block. */
const repeated = (name: string, value: (row: RequestLogRow) => string): Column => ({ name, type: 'LowCardinality(String)', value });

const COLUMNS: readonly Column[] = [
  repeated('workspace_id', (row) => row.workspace_id),
  repeated('key_id', (row) => row.key_id),
  repeated('key_fingerprint', (row) => row.key_fingerprint),
  repeated('credential_kind', (row) => row.credential_kind),
  repeated('principal', (row) => row.principal),
  text('request_id', (row) => row.request_id),
  time('time', (row) => row.time),
  repeated('outcome', (row) => row.outcome),
  repeated('refusal_reason', (row) => row.refusal_reason),
  repeated('method', (row) => row.method),
  repeated('route', (row) => row.route),
  text('path', (row) => row.path),
  { name: 'status', type: 'UInt16', value: (row) => row.status },
  { name: 'latency_ms', type: 'Nullable(Float32)', value: (row) => row.latency_ms },
  { name: 'bytes_in', type: 'Nullable(UInt64)', value: (row) => row.bytes_in },
  { name: 'bytes_out', type: 'Nullable(UInt64)', value: (row) => row.bytes_out },
  repeated('address', (row) => row.address),
  repeated('country', (row) => row.country),
  repeated('user_agent', (row) => row.user_agent),
  repeated('origin', (row) => row.origin),
  repeated('referer', (row) => row.referer),
  repeated('tenant', (row) => row.tenant),
  repeated('environment', (row) => row.environment),
  repeated('gateway_node', (row) => row.gateway_node),
  repeated('source', (row) => row.source),
  repeated('topic', (row) => row.topic),
  { name: 'partition', type: 'Int32', value: (row) => row.partition },
  { name: 'offset', type: 'Int64', value: (row) => row.offset },
  { name: 'attributes', type: 'Map(String, String)', value: (row) => row.attributes },
  { name: 'signs', type: 'Array(String)', value: (row) => row.signs },
];

/** A block of `request_logs` in the making. */
export type RequestLogBlockBuilder = NativeBlockBuilder<RequestLogRow>;

export const buildRequestLogBlock = (expectedRows: number): RequestLogBlockBuilder => spare.pop() ?? new NativeBlockBuilder(COLUMNS, expectedRows);

/** Builders for the blocks to come: their columns take some megabytes, which the runtime is slow to find free again. */
const spare: RequestLogBlockBuilder[] = [];
const MOST_SPARE = 2;
/** Those of larger blocks are let go. */
const MOST_SPARE_ROWS = 25_000;

/** The block, stamped with the insert it comes in (`batch_id`) and its moment (epoch milliseconds). The builder is not to be used after it. */
export function stampedBlock(builder: RequestLogBlockBuilder, batchId: string, insertedAt: number): NativeBlock {
  const block = builder.build([
    { name: 'batch_id', type: 'LowCardinality(String)', value: batchId }, { name: 'ingested_at', type: `DateTime64(3, 'UTC')`, value: insertedAt },
  ]);
  if (spare.length < MOST_SPARE && block.rows <= MOST_SPARE_ROWS) {
    builder.clear();
    spare.push(builder);
  }
  return block;
}
