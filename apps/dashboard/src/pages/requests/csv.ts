import type { RequestLog } from '@keytrail/contracts';

const columns = [
  'time', 'request_id', 'workspace_id', 'key_id', 'key_fingerprint', 'credential_kind', 'principal', 'outcome', 'refusal_reason', 'method', 'route', 'path', 'status', 'latency_ms', 'bytes_in', 'bytes_out',
  'address', 'country', 'user_agent', 'origin', 'referer', 'tenant', 'environment', 'gateway_node', 'source',
] as const satisfies readonly (keyof RequestLog)[];

export const csvHeader = [...columns, 'attributes'].join(',');

/** One row (RFC 4180). What a spreadsheet would take for a formula is kept text by an apostrophe: callers write user agents and paths. */
export const csvLine = (request: RequestLog): string =>
  [...columns.map((column) => request[column]), JSON.stringify(request.attributes)].map((value) => field(value === null ? '' : String(value))).join(',');

function field(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
