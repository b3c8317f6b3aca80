import { randomUUID } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { httpTransport } from '../producer/reporter/http-transport.js';
import { Reporter } from '../producer/reporter/reporter.js';
import { describeBoard, type Contained } from './describe-board.js';
import { Guard } from './guard/guard.js';
import { createGateway } from './service.js';

export interface RecoveryBoardOptions {
  /** Keytrail. */
  url: string;
  /** An access token of the role `admin`: keys, a token for the gateway and the containment are made with it. */
  token: string;
  /** Takes what is to be read, a line or a table at a time. */
  say(text: string): void;
  /** Each caller calls so often. Default: once a second. */
  everyMs?: number;
  /** Gives up after so long. Default 180,000. */
  withinMs?: number;
}

/** Clients of one service, as its owner does not know them: each has a network and a user agent of its own. */
interface Caller {
  name: string;
  address: string;
  /** Goes on with the old key for so many calls after it was revoked; Infinity = for good. */
  callsBeforeMoving: number;
  answers: number[];
}

const ROUNDS_BEFORE = 3;
const SETTLED = 'healthy healthy failing';

/**
 * Three callers use one key through the gateway; the key is revoked and replaced; one moves at once, one later, one never. Resolves with the
 * containment when its board says so, and says what it shows on the way. Throws when that takes too long.
 */
export async function playRecoveryBoard({ url, token, say, everyMs = 1_000, withinMs = 180_000 }: RecoveryBoardOptions): Promise<Contained> {
  const api = apiOf(url, token);
  const { token: ofGateway } = await api<{ token: string }>('/v1/access-tokens', { name: 'recovery board', role: 'gateway' });
  // Owners have names of their own, and this is played more than once.
  const { owner_id } = await api<{ owner_id: string }>('/v1/owners', { name: `orders ${randomUUID().slice(0, 8)}`, kind: 'team', contact: '#orders' });
  const old = await api<{ key_id: string; secret: string }>('/v1/api-keys', { workspace: 'default', service: 'orders', owner_id });
  const guard = new Guard({ url, token: ofGateway });
  const reporter = new Reporter({ transport: httpTransport({ url, token: ofGateway }), drop: 'drop-oldest', batch: { ageMs: Math.min(1_000, everyMs) } });
  const gateway = await createGateway({ guard, reporter, node: 'gateway-1' });
  try {
    const at = await gateway.listen({ port: 0, host: '127.0.0.1' });
    const callers: Caller[] = [
      { name: 'checkout/2.1', address: '127.0.1.7', callsBeforeMoving: 0, answers: [] },
      { name: 'nightly-report/0.9', address: '127.0.2.7', callsBeforeMoving: 3, answers: [] },
      { name: 'legacy-sync/1.0', address: '127.0.3.7', callsBeforeMoving: Infinity, answers: [] },
    ];
    const round = async (keyOf: (caller: Caller) => string) => {
      await Promise.all(callers.map(async (caller) => caller.answers.push(await call(at, caller, keyOf(caller)))));
      await delay(everyMs);
    };
    await until(() => guard.hearsRevocations, withinMs, 'the feed of keys');
    say(`Three callers use key ${old.key_id} through the gateway.`);
    for (let count = 0; count < ROUNDS_BEFORE; count += 1) await round(() => old.secret);
    await until(() => reporter.stats().stored >= callers.length * ROUNDS_BEFORE, withinMs, 'their requests to be stored');

    const { containment_id, secret } = await api<{ containment_id: string; secret: string }>(
      `/v1/api-keys/${old.key_id}/revoke-and-replace`, { reason: 'found in a public repository' });
    say(`Revoked and replaced: ${containment_id}.`);
    const read = () => api<Contained>(`/v1/containments/${containment_id}`);
    const deadline = performance.now() + withinMs;
    let shown = '';
    for (let count = 0; performance.now() < deadline; count += 1) {
      await round(({ callsBeforeMoving }) => (count < callsBeforeMoving ? old.secret : secret));
      const contained = await read();
      const states = statesOf(contained, callers);
      const standing = `${states}, ${(contained.recovery?.callers ?? []).filter(({ new_accepted }) => new_accepted > 0).length} on the new key`;
      if (standing !== shown) say(describeBoard(contained));
      shown = standing;
      if (states === SETTLED && contained.proof?.verdict !== 'awaiting') return contained;
    }
    throw new Error(`The board says ${shown} after ${withinMs} ms, and not ${SETTLED}`);
  } finally {
    await gateway.close();
  }
}

const statesOf = ({ recovery }: Contained, callers: readonly Caller[]) =>
  callers.map(({ name }) => recovery?.callers.find(({ user_agent }) => user_agent === name)?.state ?? 'unknown').join(' ');

/** One call of a client. The status it was answered. */
function call(gateway: string, { name, address }: Caller, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${gateway}/orders/7`, {
      headers: { authorization: `Bearer ${key}`, 'user-agent': name }, agent: false,
      // Only Linux lends loopback more than one address; elsewhere the user agent alone tells callers apart.
      ...(process.platform === 'linux' && { localAddress: address }),
    }, (answer: IncomingMessage) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0))).on('error', reject).end();
  });
}

function apiOf(url: string, token: string) {
  return async <T>(path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST', redirect: 'error',
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json() as Promise<T>;
  };
}

async function until(isSo: () => boolean, withinMs: number, what: string): Promise<void> {
  for (const end = performance.now() + withinMs; !isSo(); await delay(20)) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${withinMs} ms`);
  }
}
