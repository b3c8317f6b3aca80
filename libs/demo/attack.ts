import type { RequestLogLine } from '@keytrail/contracts';
import type { DemoKey } from './traffic/line.js';
import { drawLogNormal, hashText, mixHash, pick, randomOf, uniqueId } from './traffic/random.js';

export interface Attack {
  seed: number;
  target: DemoKey;
  /** Epoch milliseconds of the attack's first second. */
  startedAt: number;
}

export const attackSeconds = 180;

// Documentation ranges, so that no real network is accused; country tables place them far from the key's own callers.
export const attackAddresses: readonly string[] = ['203.0.113.24', '203.0.113.57', '203.0.113.131', '198.51.100.19', '198.51.100.77'];
export const attackUserAgent = 'python-requests/2.32.3';

const enumerated = [
  { route: '/v1/customers/{customer_id}', base: 104_200 },
  { route: '/v1/payments/{payment_id}', base: 8_810_400 },
  { route: '/v1/payouts/{payout_id}', base: 55_300 },
  { route: '/v1/bank-accounts/{bank_account_id}', base: 31_070 },
] as const;

// Two calls a second are some forty times the key's quiet rate and twenty times its busy one; six of ten are refused: 72 in a minute.
const callsPerSecond = 2;
const answers = [403, 200, 403, 403, 200, 403, 404, 403, 200, 403] as const;

/** The attacker's calls in one second, counted from the start of the attack; none before it and after `attackSeconds`. */
export function* attackLines({ seed, target, startedAt }: Attack, second: number): Generator<RequestLogLine> {
  if (second < 0 || second >= attackSeconds) return;
  const attackSeed = mixHash(hashText(`attack ${startedAt}`), seed);
  const random = randomOf(mixHash(attackSeed, second));
  for (let i = 0; i < callsPerSecond; i += 1) {
    const call = second * callsPerSecond + i;
    const { route, base } = enumerated[Math.floor(call / 12) % enumerated.length] as (typeof enumerated)[number];
    const status = answers[call % answers.length] as number;
    const { profile, keyId } = target;
    yield {
      time: new Date(startedAt + second * 1000 + Math.floor(((i + random() * 0.9) * 1000) / callsPerSecond)).toISOString(),
      request_id: uniqueId(random, startedAt / 1000, call, attackSeed),
      workspace: profile.workspace,
      key_id: keyId,
      credential_kind: 'api_key',
      principal: profile.service,
      ...(status === 403 ? { refusal_reason: 'insufficient_scope' } : {}),
      method: 'GET',
      route,
      path: route.replace(/\{\w+\}/, String(base + call)),
      status,
      latency_ms: Math.max(1, Math.round(drawLogNormal(random, status === 200 ? 32 : 6, 0.3))),
      bytes_in: 0,
      bytes_out: status === 200 ? Math.round(drawLogNormal(random, 1_300, 0.2)) : 180,
      address: pick(random, attackAddresses),
      user_agent: attackUserAgent,
      environment: profile.environment,
      gateway_node: 'gw-fra-1',
    };
  }
}
