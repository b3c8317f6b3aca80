import { RequestLogLine, type RequestLogFormat } from '@keytrail/contracts';
import { readCombined } from './combined-line.js';
import { textOfLine } from './combined.js';
import { isObject, type JsonObject } from './mapped-line.js';
import { namedFields, type NamedFields } from './named-fields.js';

/** A format that says how to read a line. */
export type OneFormat = Exclude<RequestLogFormat, 'auto'>;

/**
 * The formats that a parsed line has the marks of: one as a rule; none when it is foreign; several when it cannot be told. It looks at one
 * line alone, so that a line is read in the same way wherever it stands and by whatever way it comes.
 */
export function detectFormats(value: unknown): OneFormat[] {
  if (isObject(value)) {
    if (isNative(value) && isNothingElse(value)) return ['native'];
    const fields = namedFields(value);
    const marked = detectors.filter(([, fits]) => fits(value, fields)).map(([format]) => format);
    if (marked.length > 0) return marked;
  }
  const text = textOfLine(value);
  return text !== undefined && readCombined(text) !== undefined ? ['combined'] : [];
}

const has = (value: JsonObject, ...names: string[]) => names.every((name) => value[name] !== undefined);

const isNative = (value: JsonObject) => has(value, 'request_id', 'time') && (has(value, 'method') || has(value, 'path') || has(value, 'status'));

/** The marks of every other format are fields that the native one does not have. */
function isNothingElse(value: JsonObject): boolean {
  for (const name in value) if (!Object.hasOwn(RequestLogLine.shape, name)) return false;
  return true;
}

const detectors: [OneFormat, (value: JsonObject, fields: NamedFields) => boolean][] = [
  ['native', isNative],
  ['kong', (value) => isObject(value['request']) && isObject(value['response']) && (has(value, 'started_at') || has(value, 'latencies') || has(value, 'client_ip'))],
  ['cloudtrail', (value) => typeof value['eventName'] === 'string' && typeof value['eventSource'] === 'string'],
  ['ocsf', (value) => Number.isInteger(value['class_uid']) && isObject(value['metadata'])],
  ['envoy', (_, fields) => count(fields, ENVOY) >= 3],
  ['api-gateway', (value, fields) => Array.isArray(value['logEvents']) || isApiGateway(fields)],
];

/** What nobody but Envoy calls so. */
const ENVOY = ['start_time', 'response_code', 'response_flags', 'response_code_details', 'bytes_received', 'bytes_sent', 'downstream_remote_address', 'downstream_local_address',
  'upstream_host', 'upstream_cluster', 'x_envoy_upstream_service_time', 'upstream_service_time'];

const count = (fields: NamedFields, names: readonly string[]) => names.filter((name) => fields.has(name)).length;

const isApiGateway = (fields: NamedFields) => (fields.has('request_id') || fields.has('extended_request_id'))
  && (fields.has('request_time') || fields.has('request_time_epoch')) && count(fields, ['http_method', 'route_key', 'resource_path', 'event_type']) > 0;
