import type { Outcome } from '@keytrail/contracts';
import { withOthers } from './attributes.js';
import { derivedId } from './derived-id.js';
import { countOf, idOf, known, latencyOf, methodOf, pathOf, statusOf, textOf, timeOf } from './fields.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';
import { namedFields } from './named-fields.js';
import { firstCredential } from './presented.js';

/**
 * AWS API Gateway's access log (REST, HTTP and WebSocket APIs) as JSON whose keys are named after their `$context` variables, flat or
 * nested: one request, an array, or the `{"logEvents": […]}` that CloudWatch Logs hands to its subscribers. Every value comes as text.
 */
export function mapApiGateway(value: unknown): MappedLine[] {
  if (isObject(value) && Array.isArray(value['logEvents'])) return mapSubscription(value, value['logEvents']);
  const entries = Array.isArray(value) ? value : [value];
  return entries.map((entry: unknown) => (isObject(entry) ? mapEntry(entry) : notAnObject()));
}

function mapSubscription(envelope: JsonObject, events: readonly unknown[]): MappedLine[] {
  // What CloudWatch Logs sends to see whether anybody listens holds no requests.
  if (envelope['messageType'] === 'CONTROL_MESSAGE') return [];
  return events.map((event) => {
    const message = isObject(event) ? event['message'] : undefined;
    const entry = typeof message === 'string' ? parsed(message) : undefined;
    return isObject(entry) ? mapEntry(entry) : { problem: { code: 'invalid_json', reason: 'a log event whose message is not a JSON object' } };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function mapEntry(entry: JsonObject): MappedLine {
  const fields = namedFields(entry);
  const [operation, target] = routeKeyOf(fields.take('route_key'));
  const time = timeOf(fields.take('request_time_epoch')) ?? timeOf(fields.take('request_time', 'time', 'timestamp'));
  const method = methodOf(fields.take('http_method', 'method') ?? operation ?? fields.take('event_type'));
  const resource = textOf(fields.take('resource_path'), 512);
  const path = pathOf(fields.take('path', 'request_path', 'raw_path')) ?? resource ?? target;
  const status = statusOf(fields.take('status', 'status_code'));
  const address = textOf(fields.take('identity_source_ip', 'source_ip', 'ip', 'client_ip'), 255);
  const userAgent = textOf(fields.take('identity_user_agent', 'user_agent'), 4096);
  const responseType = textOf(fields.take('error_response_type'), 64);
  const bytesOut = countOf(fields.take('response_length'));
  const latency = latencyOf(fields.take('response_latency'));
  return checkLine(known({
    time,
    request_id: idOf(fields.take('request_id', 'extended_request_id'), 128) ?? derivedId([time, address, method, path, status, userAgent, latency, bytesOut]),
    key_id: idOf(fields.take('identity_api_key_id', 'api_key_id', 'key_id'), 256),
    key: firstCredential(fields.take('identity_api_key', 'api_key', 'x_api_key'), fields.take('authorization')),
    principal: textOf(fields.take('authorizer_principal_id', 'principal_id', 'authorizer_claims_sub', 'authorizer_jwt_claims_sub', 'claims_sub', 'identity_user_arn', 'user_arn',
      'identity_user', 'user', 'identity_caller', 'caller', 'identity_cognito_identity_id'), 512),
    outcome: outcomeOf(responseType),
    refusal_reason: status !== undefined && status >= 400
      ? textOf(fields.take('authorizer_error', 'authorize_error', 'authenticate_error') ?? responseType ?? fields.take('error_message', 'waf_error'), 128) : undefined,
    method, path, status,
    route: resource ?? textOf(fields.take('route_key'), 512),
    latency_ms: latency,
    bytes_out: bytesOut,
    address,
    user_agent: userAgent,
    origin: textOf(fields.take('origin'), 512),
    referer: textOf(fields.take('referer'), 4096),
    tenant: textOf(fields.take('authorizer_tenant_id', 'authorizer_tenant', 'authorizer_claims_tenant_id', 'tenant_id', 'tenant'), 256),
    environment: textOf(fields.take('stage', 'environment', 'env'), 64),
    gateway_node: textOf(fields.take('region', 'aws_region'), 256),
    attributes: withOthers({ error_response_type: responseType }, fields.others()),
  }));
}

/** HTTP APIs name a route `GET /orders/{id}`, WebSocket APIs `$connect`. */
function routeKeyOf(value: unknown): [method?: string, path?: string] {
  const text = textOf(value, 512);
  const [, method, path] = text === undefined ? [] : /^([A-Z]{1,16}) (\/.*)$/.exec(text) ?? [];
  return method === undefined ? [undefined, text] : [method, path];
}

/** API Gateway answers 403 to credentials that it does not know as well as to those that may not. */
function outcomeOf(responseType: string | undefined): Outcome | undefined {
  switch (responseType) {
    case 'INVALID_API_KEY': case 'INVALID_SIGNATURE': case 'EXPIRED_TOKEN': case 'UNAUTHORIZED': return 'unauthorised';
    case 'ACCESS_DENIED': case 'WAF_FILTERED': return 'forbidden';
    case 'THROTTLED': case 'QUOTA_EXCEEDED': return 'rate_limited';
    default: return undefined;
  }
}
