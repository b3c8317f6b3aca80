import { isAddressList } from './address-list.js';
import { withOthers } from './attributes.js';
import { derivedId } from './derived-id.js';
import { countOf, idOf, isAbsent, known, latencyOf, pathOf, statusOf, textOf, timeOf } from './fields.js';
import { readCombined, type CombinedRecord } from './combined-line.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';
import { namedFields } from './named-fields.js';
import { firstCredential } from './presented.js';

/**
 * Access logs of nginx and Apache in the combined (or common) format, with what an operator adds behind it: the header that carries the
 * key in quotes, and `name=value` pairs. A line by itself, or as `log` or `message` of the object that a shipper makes of it.
 */
export function mapCombined(value: unknown): MappedLine[] {
  return (Array.isArray(value) ? value : [value]).map(mapOne);
}

function mapOne(value: unknown): MappedLine {
  if (typeof value !== 'string' && !isObject(value)) return notAnObject();
  const record = readCombined(textOfLine(value) ?? '');
  if (record === undefined) return { problem: { code: 'invalid_field', reason: 'not a line of the combined log format' } };
  return mapRecord(record, isObject(value) ? value : {});
}

/** The line itself; undefined when a shipper's object holds none. */
export function textOfLine(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  for (const line of [value['log'], value['message']]) if (typeof line === 'string') return line;
  return undefined;
}

/** A request line as HTTP writes it; HTTP/0.9 has no version. */
const REQUEST = /^([A-Za-z][A-Za-z0-9_-]{0,63}) (\S.*?)(?: HTTP\/\d(?:\.\d)?)?$/;

function mapRecord(record: CombinedRecord, shipped: JsonObject): MappedLine {
  const { log, message, ...around } = shipped;
  const fields = namedFields({ ...record.named, ...(typeof log === 'string' ? { message } : {}), ...around });
  const [, method = 'INVALID', target] = REQUEST.exec(record.request) ?? [];
  // What is no request line, such as TLS on a plain port, is kept to be seen.
  const path = pathOf(target) ?? textOf(record.request, 16_384) ?? '-';
  const time = timeOf(fields.take('msec')) ?? timeOf(record.time);
  const status = statusOf(record.status);
  const userAgent = isAbsent(record.userAgent) ? undefined : textOf(record.userAgent, 4096);
  const referer = isAbsent(record.referer) ? undefined : textOf(record.referer, 4096);
  const latency = latencyOf(fields.take('rt', 'request_time'), 1000) ?? latencyOf(fields.take('ms', 'latency_ms', 'duration_ms')) ?? latencyOf(fields.take('us'), 1e-3);
  const isForwarded = record.extra !== undefined && isAddressList(record.extra);
  return checkLine(known({
    time,
    request_id: idOf(fields.take('request_id', 'x_request_id', 'req_id', 'rid', 'unique_id'), 128)
      ?? derivedId([record.address, record.time, record.request, record.status, record.bytes, record.referer, record.userAgent, time, latency]),
    key_id: idOf(fields.take('key_id', 'api_key_id', 'credential_id'), 256),
    key: firstCredential(fields.take('key', 'api_key', 'apikey', 'x_api_key'), fields.take('authorization', 'auth'), isForwarded ? undefined : record.extra),
    principal: textOf(fields.take('principal', 'consumer'), 512) ?? (isAbsent(record.user) ? undefined : textOf(record.user, 512)),
    method, path, status,
    route: textOf(fields.take('route', 'location'), 512),
    latency_ms: latency,
    bytes_in: countOf(fields.take('bytes_in', 'request_length')),
    bytes_out: countOf(record.bytes),
    address: textOf(record.address, 255),
    user_agent: userAgent,
    origin: textOf(fields.take('origin'), 512),
    referer,
    tenant: textOf(fields.take('tenant', 'tenant_id'), 256),
    environment: textOf(fields.take('environment', 'env'), 64),
    gateway_node: textOf(fields.take('node', 'gateway_node', 'gateway', 'hostname'), 256),
    headers: headersOf(fields.take('sec_fetch_site')),
    attributes: withOthers(isForwarded ? { x_forwarded_for: record.extra! } : {}, fields.others()),
  }));
}

const headersOf = (site: unknown) => (typeof site === 'string' ? { 'sec-fetch-site': site } : undefined);
