import { headersByName, presentedKey } from '../presented-key.js';
import { leavesOf, withOthers } from './attributes.js';
import { derivedId } from './derived-id.js';
import { countOf, idOf, known, methodOf, objectOf, pathOf, textOf, timeOf } from './fields.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';

/** Kong's logging plugins (http-log, file-log, kafka-log, …): one request, or an array of them as http-log batches them. */
export function mapKong(value: unknown): MappedLine[] {
  const requests = Array.isArray(value) ? value : [value];
  return requests.map((request: unknown) => (isObject(request) ? mapRequest(request) : notAnObject()));
}

function mapRequest(entry: JsonObject): MappedLine {
  if (!isObject(entry['request']) || !isObject(entry['response'])) {
    return { problem: { code: 'invalid_field', reason: 'not an HTTP request of Kong: request or response is missing' } };
  }
  const { request, response } = entry as { request: JsonObject; response: JsonObject };
  const headers = headersOf(request['headers']);
  const received = headersByName(headers);
  const answered = headersByName(headersOf(response['headers']));
  const entity = objectOf(entry['authenticated_entity']);
  const consumer = objectOf(entry['consumer']);
  const route = objectOf(entry['route']);
  const service = objectOf(entry['service']);
  const tags = tagsOf(route, service);
  const path = textOf(request['uri'], 16_384) ?? pathOf(request['url'] ?? request['request_uri']);
  const keyInQuery = keyOf(request['querystring']);
  const latency = objectOf(entry['latencies'])['request'];
  const time = timeOf(entry['started_at']);
  const status = countOf(response['status']);
  return checkLine(known({
    time,
    request_id: idOf(answered?.get('x-kong-request-id'), 128) ?? idOf(request['id'], 128)
      ?? idOf(received?.get('x-kong-request-id') ?? received?.get('x-request-id') ?? received?.get('kong-request-id'), 128)
      // Kong before 3.5 has none of its own.
      ?? derivedId([time, entry['client_ip'], request['method'], path, status, latency]),
    key_id: idOf(entity['id'], 256),
    // Kong names nobody in a refused call: what the caller presented is all there is.
    key: keyInQuery !== undefined && presentedKey({ path: '' }, received) === '' ? keyInQuery : undefined,
    principal: textOf(consumer['username'] ?? consumer['custom_id'] ?? consumer['id'] ?? entity['consumer_id'], 512),
    method: methodOf(request['method']),
    route: textOf(route['name'], 512) ?? textOf(firstOf(route['paths']), 512) ?? textOf(service['name'], 512),
    path,
    status,
    latency_ms: typeof latency === 'number' && latency >= 0 && latency <= 86_400_000 ? latency : undefined,
    bytes_in: countOf(request['size']),
    bytes_out: countOf(response['size']),
    address: textOf(entry['client_ip'], 255),
    user_agent: textOf(received?.get('user-agent'), 4096),
    origin: textOf(received?.get('origin'), 512),
    referer: textOf(received?.get('referer'), 4096),
    tenant: tags.get('tenant'),
    environment: tags.get('environment')?.slice(0, 64) ?? tags.get('env')?.slice(0, 64),
    gateway_node: tags.get('node') ?? tags.get('gateway') ?? textOf(entry['hostname'] ?? entry['node_id'] ?? entry['node'], 256),
    headers,
    attributes: withOthers({
      service: textOf(service['name'] ?? service['host'], 256),
      // Whether Kong itself answered (exit, error) or the service behind it.
      answered_by: textOf(entry['source'], 32),
      upstream_status: textOf(entry['upstream_status'], 64),
    }, othersOf(entry)),
  }));
}

/** What is read above, and what says how Kong is set up rather than anything about the request. */
const TAKEN = new Set(['request', 'response', 'started_at', 'authenticated_entity', 'consumer', 'route', 'service', 'latencies', 'client_ip', 'hostname', 'node_id', 'node',
  'source', 'upstream_status', 'upstream_uri', 'workspace', 'tries']);

/** The fields that operators add (`custom_fields_by_lua`) or newer versions of Kong do. */
const othersOf = (entry: JsonObject) => leavesOf(Object.fromEntries(Object.entries(entry).filter(([name]) => !TAKEN.has(name))));

/** Header names and values that fit the contract; the others carry nothing that is looked for. */
function headersOf(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, given] of Object.entries(value)) {
    const first: unknown = firstOf(given);
    if (name.length <= 256 && name !== '__proto__' && (typeof first === 'string' || typeof first === 'number')) headers[name] = String(first);
  }
  return headers;
}

/** Route before service, first of a name. */
function tagsOf(...owners: JsonObject[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const owner of owners) {
    for (const tag of Array.isArray(owner['tags']) ? owner['tags'].slice(0, 64) : []) {
      const parts = typeof tag === 'string' ? /^([a-z]{1,32})[:=](.+)$/.exec(tag) : null;
      const value = parts ? textOf(parts[2], 256) : undefined;
      if (parts && value !== undefined && !tags.has(parts[1]!)) tags.set(parts[1]!, value);
    }
  }
  return tags;
}

/** key-auth takes keys from the query too; these are its usual names. */
function keyOf(query: unknown): string | undefined {
  const parameters = objectOf(query);
  for (const name of ['apikey', 'api_key', 'api-key', 'key', 'access_token', 'jwt', 'token']) {
    const value: unknown = firstOf(parameters[name]);
    if (typeof value === 'string' && value !== '' && value.length <= 4096) return value;
  }
  return undefined;
}

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? (value as unknown[])[0] : value);
