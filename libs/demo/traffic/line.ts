import type { RequestLogLine } from '@keytrail/contracts';
import type { KeyProfile } from './fleet.js';
import { drawHex, drawLogNormal, pick, pickWeighted, type Random } from './random.js';
import { serviceRoutes, type Route } from './routes.js';

/** A profile with the id its key has on the server. */
export interface DemoKey {
  profile: KeyProfile;
  keyId: string;
}

interface Answer {
  status: number;
  refusal_reason?: string;
}

const successOf: Record<Route['method'], number> = { GET: 200, POST: 201, PUT: 200, PATCH: 200, DELETE: 204 };

function drawAnswer(random: Random, method: Route['method']): Answer {
  const luck = random();
  if (luck > 0.014) return { status: successOf[method] };
  if (luck > 0.009) return { status: method === 'GET' ? 404 : 422 };
  if (luck > 0.006) return { status: 400 };
  if (luck > 0.0035) return { status: 500 };
  if (luck > 0.002) return { status: 503 };
  if (luck > 0.0012) return { status: 429 };
  if (luck > 0.0003) return { status: 403, refusal_reason: 'insufficient_scope' };
  return { status: 401, refusal_reason: 'malformed' };
}

const nodesOf = { production: ['gw-fra-1', 'gw-fra-2', 'gw-dub-1'], staging: ['gw-stg-1'] };

/** One request of a key at an instant (epoch milliseconds). */
export function drawLine({ profile, keyId }: DemoKey, at: number, requestId: string, random: Random): RequestLogLine {
  const { method, route, latency, bytes } = pickWeighted<Route>(random, serviceRoutes[profile.routes]);
  const answer = drawAnswer(random, method);
  const failed = answer.status >= 400;
  return {
    time: new Date(at).toISOString(),
    request_id: requestId,
    workspace: profile.workspace,
    key_id: keyId,
    credential_kind: 'api_key',
    principal: profile.service,
    ...answer,
    method,
    route,
    path: route.replace(/\{(\w+?)_id\}/g, (_, noun: string) => `${noun.slice(0, 3)}_${drawHex(random, 12)}`),
    latency_ms: Math.max(1, Math.round(drawLogNormal(random, failed ? latency / 2 : latency, 0.45))),
    bytes_in: method === 'GET' ? 0 : Math.round(drawLogNormal(random, 620, 0.4)),
    bytes_out: failed ? 180 : Math.round(drawLogNormal(random, bytes, 0.3)),
    address: pick(random, profile.addresses),
    user_agent: pick(random, profile.userAgents),
    environment: profile.environment,
    gateway_node: pick(random, nodesOf[profile.environment]),
  };
}
