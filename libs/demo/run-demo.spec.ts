import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { attackAddresses } from './attack.js';
import { runDemo, type DemoOptions } from './run-demo.js';
import { FakeKeytrail } from './spec-support/fake-keytrail.js';

const start = Date.UTC(2025, 10, 21, 9);
const token = 'kt_admin_never_to_be_seen';

/** A clock that jumps to the end of every sleep. `onSleep` sees each, and may end the run. */
class JumpingClock {
  time = start;
  readonly sleeps: number[] = [];
  onSleep: () => void = () => undefined;
  now = () => this.time;
  sleep = async (milliseconds: number, signal?: AbortSignal) => {
    this.sleeps.push(milliseconds);
    this.time += Math.max(0, milliseconds);
    this.onSleep();
    await new Promise(setImmediate);
    signal?.throwIfAborted();
  };
}

describe('runDemo', () => {
  let server: FakeKeytrail;
  let clock: JumpingClock;
  let stop: AbortController;
  let log: string[];
  beforeEach(async () => {
    server = await new FakeKeytrail().start();
    clock = new JumpingClock();
    stop = new AbortController();
    log = [];
  });
  afterEach(() => server.stop());

  const demo = (more: Partial<DemoOptions> = {}) =>
    runDemo({ baseUrl: server.baseUrl, token, clock, signal: stop.signal, log: (line) => log.push(line), historyDays: 1, ...more });
  const stopAfter = (seconds: number) => { clock.onSleep = () => { if (clock.time >= start + seconds * 1000) stop.abort(); }; };
  const batches = () => server.calls.filter(({ call }) => call === 'POST /v1/request-logs');
  const target = () => String(server.keys.find(({ name, replaces }) => name === 'payments-production' && replaces === null)?.key_id);

  it('makes workspaces, then owners, then keys, then loads history in gzip batches with an idempotency key each', async () => {
    stopAfter(5);
    await demo();
    const order = [...new Set(server.calls.map(({ call }) => call))];
    expect(order.slice(0, 7)).toEqual([
      'POST /v1/workspaces', 'GET /v1/owners', 'POST /v1/owners', 'GET /v1/api-keys', 'POST /v1/api-keys', 'GET /v1/request-logs', 'POST /v1/request-logs',
    ]);
    expect(server.keys).toHaveLength(20);
    expect(server.stored.length).toBeGreaterThan(8_000);
    for (const { headers, query, lines } of batches()) {
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` });
      expect(query.get('format')).toBe('native');
      expect(lines.length).toBeLessThanOrEqual(5_000);
    }
    expect(new Set(batches().map(({ headers }) => headers['idempotency-key'])).size).toBe(batches().length);
  });

  it('goes on when the workspaces are there already', async () => {
    const body = { title: 'Exists', status: 409, code: 'exists' };
    server.instead.set('POST /v1/workspaces', [{ status: 409, body }, { status: 409, body }]);
    stopAfter(2);
    await demo({ historyDays: 0 });
    expect(server.keys).toHaveLength(20);
  });

  it('waits as long as a 429 says and sends the same batch again', async () => {
    server.instead.set('POST /v1/request-logs', [{ status: 429, body: {}, headers: { 'retry-after': '7' } }]);
    stopAfter(9);
    await demo();
    expect(clock.sleeps[0]).toBe(7_000);
    const [first, second] = batches();
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(server.stored.length).toBeGreaterThan(8_000);
  });

  it('uses the keys and the history of an earlier run again', async () => {
    stopAfter(20);
    await demo();
    const before = server.stored.length;
    const newest = Date.parse(String(server.stored.at(-1)?.time));
    clock.time = start + 600_000;
    stop = new AbortController();
    clock.onSleep = () => { if (clock.time > start + 605_000) stop.abort(); };
    await demo();
    expect(server.keys).toHaveLength(20);
    expect(Date.parse(String(server.stored[before]?.time))).toBeGreaterThan(newest);
    expect(new Set(server.stored.map(({ request_id }) => request_id)).size).toBe(server.stored.length);
  });

  it('attacks after 30 s, names the incident with its owner, and prints no token and no secret', async () => {
    clock.onSleep = () => {
      const denied = server.stored.filter(({ status }) => status === 403).length;
      if (denied >= 60) server.incidents = [incident(target(), clock.time)];
      if (clock.time >= start + 100_000) stop.abort();
    };
    await demo({ historyDays: 0 });
    const attack = server.stored.filter(({ address }) => attackAddresses.includes(address ?? ''));
    expect(Date.parse(String(attack[0]?.time))).toBeGreaterThanOrEqual(start + 30_000);
    expect(Date.parse(String(attack[0]?.time))).toBeLessThan(start + 31_000);
    expect(new Set(attack.map(({ key_id }) => key_id))).toEqual(new Set([target()]));
    const said = log.join('\n');
    expect(said).toMatch(/Incident inc_1 stands \d+\.\d s after the attack's first request/);
    expect(said).toContain('owner Payments (payments-oncall@acme.example)');
    expect(said).toContain(`${server.baseUrl}/v1/api-keys/${target()}/revoke-and-replace -H "Authorization: Bearer $KEYTRAIL_TOKEN"`);
    expect(said).not.toContain(token);
    expect(said).not.toContain('kt_secret_of_the_demo');
  });

  it('tells when the incident becomes graver and when it is contained, once each, until the attack is over', async () => {
    const shown = (severity: string, state: string) => { server.incidents = [{ ...incident(target(), clock.time), severity, state }]; };
    clock.onSleep = () => {
      const second = (clock.time - start) / 1000 - 30;
      if (second > 200) shown('critical', 'contained');
      else if (second > 60) shown('high', 'contained');
      else if (second > 20) shown('high', 'open');
      else if (second > 1) shown('low', 'open');
      if (second > 240) stop.abort();
    };
    await demo({ historyDays: 0 });
    const said = log.filter((line) => line.startsWith('Incident inc_1') || line.startsWith('  severity'));
    expect(said).toEqual([
      expect.stringMatching(/^Incident inc_1 stands/), expect.stringMatching(/severity low/),
      expect.stringMatching(/^Incident inc_1 has severity high now, it was low \(2\d\.\d s after/),
      expect.stringMatching(/^Incident inc_1 is contained \(6\d\.\d s after/),
    ]);
  });

  it('has the revoked key refused from that instant, and moves the rightful callers to the successor', async () => {
    let revokedAt = 0;
    clock.onSleep = () => {
      if (revokedAt === 0 && clock.time >= start + 60_000) {
        revokedAt = clock.time - 300;
        server.revoke(target(), revokedAt, 'key_successor');
      }
      if (clock.time >= start + 600_000) stop.abort();
    };
    await demo({ historyDays: 0 });
    const after = server.stored.filter(({ time, key_id }) => key_id === target() && Date.parse(String(time)) >= revokedAt);
    expect(after.length).toBeGreaterThan(60);
    expect(after.every(({ status, refusal_reason }) => status === 401 && refusal_reason === 'revoked')).toBe(true);
    const moved = server.stored.filter(({ key_id }) => key_id === 'key_successor');
    expect(moved.length).toBeGreaterThan(5);
    expect(moved.some(({ address }) => attackAddresses.includes(address ?? ''))).toBe(false);
    expect(log.join('\n')).toContain('All rightful callers of payments-production use key_successor now.');
    expect(log.join('\n')).toContain('Introspection of the old key: active false, reason revoked.');
  });

  it('stops at once when aborted amid a sleep', async () => {
    clock.sleep = (_milliseconds, signal) => new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => { reject(signal.reason as Error); });
      stop.abort();
    });
    await demo({ historyDays: 0 });
    expect(stop.signal.aborted).toBe(true);
  });

  it('tells what is wrong when the server refuses the token', async () => {
    server.instead.set('POST /v1/workspaces', [{ status: 401, body: { title: 'Not signed in', status: 401, code: 'unauthenticated' } }]);
    await expect(demo()).rejects.toThrow('POST /v1/workspaces answered 401: Not signed in');
  });
});

function incident(keyId: string, at: number) {
  const time = new Date(at).toISOString();
  return {
    incident_id: 'inc_1', workspace_id: 'acme-production', title: 'Burst of refused calls', severity: 'high', state: 'open',
    owner: { owner_id: 'own_1', name: 'Payments', contact: 'payments-oncall@acme.example' }, key_ids: [keyId], addresses: [], rule_ids: ['denied-burst'],
    findings: 1, first_seen: time, last_seen: time, opened_at: time, updated_at: time, acknowledged_at: null, contained_at: null, closed_at: null, merged_into: null,
  };
}
