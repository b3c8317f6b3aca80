import type { Outcome } from '@keytrail/contracts';
import { outcomeOf } from '../normalise.js';
import { leavesOf, withOthers } from './attributes.js';
import { outcomeOfError } from './cloudtrail.js';
import { derivedId } from './derived-id.js';
import { countOf, idOf, known, latencyOf, methodOf, objectOf, pathOf, statusOf, textOf, timeOf } from './fields.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';
import { firstCredential } from './presented.js';

/** Classes of events that are requests: API Activity, and HTTP Activity. */
const CLASSES = [6003, 4002];

/** OCSF API Activity (6003) and HTTP Activity (4002), as Amazon Security Lake and others write them: one event or an array of them. */
export function mapOcsf(value: unknown): MappedLine[] {
  const events = Array.isArray(value) ? value : [value];
  return events.map((event: unknown) => (isObject(event) ? mapEvent(event) : notAnObject()));
}

function mapEvent(event: JsonObject): MappedLine {
  if (!CLASSES.includes(countOf(event['class_uid']) ?? 0)) {
    return { problem: { code: 'invalid_field', reason: 'not an API Activity (class_uid 6003) or HTTP Activity (4002) event' } };
  }
  const { actor, api, http_request: request, http_response: response, metadata, src_endpoint: source, cloud, unmapped, ...others } = event;
  const [of, inApi, inRequest, inResponse, about] = [objectOf(actor), objectOf(api), objectOf(request), objectOf(response), objectOf(metadata)];
  const [user, token, service, answer, url, caller] = [objectOf(of['user']), objectOf(inApi['token']), objectOf(inApi['service']), objectOf(inApi['response']), objectOf(inRequest['url']), objectOf(source)];
  const headers = headersOf(inRequest['http_headers']);
  const time = timeOf(others['time'] ?? about['original_time'] ?? others['time_dt']);
  const operation = textOf(inApi['operation'], 255);
  const serviceName = textOf(service['name'], 255);
  const error = textOf(answer['error'] ?? about['event_error'], 128);
  const told = toldBy(event, inResponse, answer, error);
  const method = methodOf(inRequest['http_method'] ?? operation);
  const path = pathOfUrl(url) ?? (operation === undefined && serviceName === undefined ? undefined : `/${serviceName ?? ''}/${operation ?? ''}`);
  const address = textOf(caller['ip'] ?? caller['hostname'] ?? caller['svc_name'] ?? caller['domain'], 255);
  return checkLine(known({
    time,
    request_id: idOf(objectOf(inApi['request'])['uid'], 128) ?? idOf(inRequest['uid'], 128) ?? idOf(about['uid'], 128)
      ?? derivedId([time, address, method, path, told.status, textOf(user['uid'], 512)]),
    key_id: idOf(token['uid'], 256) ?? idOf(user['credential_uid'], 256),
    key: firstCredential(headers?.['authorization'], headers?.['x-api-key']),
    principal: textOf(user['uid_alt'] ?? user['uid'] ?? user['name'] ?? of['invoked_by'] ?? of['app_name'], 512),
    outcome: told.outcome,
    refusal_reason: (told.outcome ?? outcomeOf(told.status ?? 0)) === 'authorised' ? undefined : textOf(others['status_detail'] ?? error ?? others['status_code'], 128),
    method,
    route: serviceName,
    path,
    status: told.status,
    latency_ms: latencyOf(inResponse['latency'] ?? others['duration']),
    bytes_in: countOf(inRequest['length']),
    bytes_out: countOf(inResponse['length']),
    address,
    user_agent: textOf(inRequest['user_agent'] ?? headers?.['user-agent'], 4096),
    origin: textOf(headers?.['origin'], 512),
    referer: textOf(inRequest['referrer'], 4096),
    tenant: textOf(token['tenant_uid'] ?? about['tenant_uid'] ?? objectOf(user['account'])['uid'] ?? objectOf(objectOf(cloud)['account'])['uid'], 256),
    gateway_node: textOf(objectOf(cloud)['region'], 256),
    headers,
    attributes: withOthers({
      event_id: textOf(about['uid'], 128),
      activity: textOf(others['activity_name'], 64),
      user_type: textOf(user['type'], 64),
      error,
      error_message: textOf(answer['error_message'], 2048),
      product: textOf(objectOf(about['product'])['name'], 128),
    }, leavesOf(objectOf(unmapped)).concat(leavesOf(without(others)))),
  }));
}

/** Names of the schema whose meaning is taken, or is the same in every event. */
const NOT_KEPT = new Set(['class_uid', 'class_name', 'category_uid', 'category_name', 'type_uid', 'type_name', 'activity_id', 'activity_name', 'severity', 'severity_id',
  'time', 'time_dt', 'status', 'status_id', 'status_detail', 'observables', 'raw_data', 'duration', 'start_time', 'end_time', 'timezone_offset', 'enrichments', 'resources']);

const without = (fields: JsonObject): JsonObject => Object.fromEntries(Object.entries(fields).filter(([name]) => !NOT_KEPT.has(name)));

/** By the status of HTTP where there is one, else by the error's name, else by `status_id`: 1 is success, 2 failure. */
function toldBy(event: JsonObject, response: JsonObject, answer: JsonObject, error: string | undefined): { outcome?: Outcome; status?: number | undefined } {
  const status = statusOf(response['code'] ?? answer['code']) ?? statusOf(event['status_code']);
  if (status !== undefined && status >= 100 && status <= 599) return error === undefined ? { status } : { status, outcome: outcomeOfError(error).outcome };
  const failed = countOf(event['status_id']) === 2 || event['status'] === 'Failure';
  return outcomeOfError(error ?? (failed ? textOf(event['status_code'], 128) ?? 'Failure' : undefined));
}

function headersOf(list: unknown): Record<string, string> | undefined {
  if (!Array.isArray(list)) return undefined;
  const headers: Record<string, string> = {};
  for (const item of list.slice(0, 256) as unknown[]) {
    const { name, value } = objectOf(item);
    if (typeof name !== 'string' || name === '' || name.length > 256 || typeof value !== 'string') continue;
    const lower = name.toLowerCase();
    if (lower !== '__proto__' && !Object.hasOwn(headers, lower)) headers[lower] = value;
  }
  return headers;
}

function pathOfUrl(url: JsonObject): string | undefined {
  const path = textOf(url['path'], 16_384);
  if (path === undefined) return pathOf(url['url_string']);
  const query = textOf(url['query_string'], Math.max(0, 16_384 - path.length - 1));
  return query === undefined || path.includes('?') ? path : `${path}?${query.replace(/^\?/, '')}`;
}
