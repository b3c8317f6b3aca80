import type { Outcome } from '@keytrail/contracts';
import { withOthers } from './attributes.js';
import { derivedId } from './derived-id.js';
import { countOf, idOf, isAbsent, known, latencyOf, methodOf, pathOf, statusOf, textOf, timeOf } from './fields.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';
import { namedFields } from './named-fields.js';
import { firstCredential } from './presented.js';

/**
 * Envoy's JSON access log, and that of what is built on it (Istio, Envoy Gateway, Contour …): one request or an array of them. The operator
 * names the keys, so each field is looked for under the names of the operators and the usual ones.
 */
export function mapEnvoy(value: unknown): MappedLine[] {
  const entries = Array.isArray(value) ? value : [value];
  return entries.map((entry: unknown) => (isObject(entry) ? mapEntry(entry) : notAnObject()));
}

function mapEntry(entry: JsonObject): MappedLine {
  const fields = namedFields(entry);
  const time = timeOf(fields.take('start_time', 'time', 'timestamp', 'ts', 'date'));
  const method = methodOf(fields.take('method', 'request_method', 'req_method', 'http_method'));
  // Envoy may rewrite the path before it routes; what the caller asked for is the original one.
  const path = pathOf(fields.take('x_envoy_original_path', 'x_envoy_origin_path', 'original_path', 'path', 'request_path', 'req_path', 'uri', 'request_uri', 'url'));
  const status = statusOf(fields.take('response_code', 'status', 'status_code', 'response_status', 'http_status'));
  // Envoy has worked out by its own list of trusted proxies who the caller is: X-Forwarded-For is evidence only.
  const address = textOf(fields.take('downstream_remote_address', 'downstream_remote_address_without_port', 'client_address', 'client_ip', 'remote_address',
    'remote_addr', 'downstream_direct_remote_address', 'downstream_direct_remote_address_without_port'), 255);
  const userAgent = textOf(fields.take('user_agent', 'request_user_agent', 'req_user_agent'), 4096);
  const latency = latencyOf(fields.take('duration', 'duration_ms', 'latency_ms', 'latency', 'response_time_ms'));
  const flags = textOf(fields.take('response_flags', 'response_flag', 'flags'), 128);
  const details = textOf(fields.take('response_code_details', 'response_details'), 256);
  const grpc = outcomeOfGrpc(fields.take('grpc_status', 'grpc_status_number', 'grpc_response_status'));
  const failed = status === undefined || status >= 400 || grpc.outcome !== undefined;
  const site = textOf(fields.take('sec_fetch_site', 'request_sec_fetch_site'), 64);
  const bytesIn = countOf(fields.take('bytes_received', 'request_size', 'bytes_in'));
  const bytesOut = countOf(fields.take('bytes_sent', 'response_size', 'bytes_out'));
  return checkLine(known({
    time,
    request_id: idOf(fields.take('request_id', 'x_request_id', 'req_id'), 128) ?? derivedId([time, address, method, path, status, userAgent, latency, bytesIn, bytesOut]),
    key_id: idOf(fields.take('key_id', 'api_key_id', 'credential_id', 'x_credential_identifier'), 256),
    key: firstCredential(fields.take('x_api_key', 'api_key', 'apikey', 'key', 'request_headers_x_api_key'), fields.take('authorization', 'request_headers_authorization', 'auth_header')),
    principal: textOf(fields.take('principal', 'consumer', 'subject', 'sub', 'jwt_sub', 'user', 'user_id', 'downstream_peer_subject'), 512),
    outcome: grpc.outcome,
    refusal_reason: failed ? textOf(flags ?? reasonOf(details) ?? grpc.name, 128) : undefined,
    method, path, status,
    route: textOf(fields.take('route_name', 'route'), 512),
    latency_ms: latency,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    address,
    user_agent: userAgent,
    origin: textOf(fields.take('origin', 'request_origin'), 512),
    referer: textOf(fields.take('referer', 'referrer', 'request_referer'), 4096),
    tenant: textOf(fields.take('tenant', 'tenant_id', 'x_tenant_id'), 256),
    environment: textOf(fields.take('environment', 'env'), 64),
    gateway_node: textOf(fields.take('node_id', 'node', 'gateway_node', 'gateway', 'hostname', 'pod_name'), 256),
    headers: site === undefined ? undefined : { 'sec-fetch-site': site },
    attributes: withOthers({ response_flags: flags, response_code_details: details, grpc_status: grpc.name, ...(status === 499 && { response_code: 0 }) }, fields.others()),
  }));
}

/** What only says that the answer came from the service behind is no reason. */
const reasonOf = (details: string | undefined) => (details === 'via_upstream' ? undefined : details);

/** A gRPC call is answered with HTTP 200 whatever came of it. Envoy writes its status as a number or by name, in either case. */
function outcomeOfGrpc(value: unknown): { name?: string; outcome?: Outcome } {
  const name = isAbsent(value) ? undefined : textOf(value, 64);
  if (name === undefined) return {};
  switch (name.replace(/[^A-Za-z0-9]/g, '').toLowerCase()) {
    case '0': case 'ok': return { name };
    case '16': case 'unauthenticated': return { name, outcome: 'unauthorised' };
    case '7': case 'permissiondenied': return { name, outcome: 'forbidden' };
    case '8': case 'resourceexhausted': return { name, outcome: 'rate_limited' };
    default: return { name, outcome: 'error' };
  }
}
