import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createRedactor } from '../redact.js';
import { normaliseLine } from '../normalise.js';
import { parseBody } from '../parse-body.js';
import type { NormaliseContext } from '../row.js';
import { mapKong } from './kong.js';

interface Entry { request: { uri: string; headers: object } }
const [accepted, refused] = JSON.parse(readFileSync(new URL('./fixtures/kong.json', import.meta.url), 'utf8')) as [Entry, Entry];
const redactor = createRedactor(Buffer.alloc(32, 1));
const context: NormaliseContext = {
  defaultWorkspace: 'production', redactor, countryOf: () => '', source: 'kafka', receivedAt: 1_726_783_900_000, resolveKey: () => undefined, lookupKey: () => undefined,
};
const rowOf = (entry: unknown) => normaliseLine(mapKong(entry)[0]!.line!, context).row!;
const presenting = (headers: Record<string, unknown>, querystring: Record<string, unknown> = {}, uri = refused.request.uri) =>
  ({ ...refused, request: { ...refused.request, uri, querystring, headers: { ...refused.request.headers, ...headers } } });
const secret = `made-up-${'Qx7'.repeat(6)}`;

describe('Kong', () => {
  it('should not store a key that a refused caller presented, but its fingerprint', () => {
    const entries = [
      presenting({ apikey: secret }), presenting({ 'X-API-Key': [secret, 'other'] }), presenting({ authorization: `Bearer ${secret}` }),
      presenting({}, { apikey: secret }, `/v1/orders?apikey=${secret}`), presenting({ authorization: 'REDACTED' }, { api_key: [secret] }, `/v1/orders?api_key=${secret}`),
    ];
    for (const entry of entries) {
      const row = rowOf(entry);
      expect(row).toMatchObject({ key_id: '', key_fingerprint: redactor.fingerprint(secret), outcome: 'unauthorised', status: 401 });
      expect(JSON.stringify(row)).not.toContain(secret);
    }
  });

  it('should not take what Kong redacted for a key', () => {
    for (const value of ['REDACTED', 'Bearer REDACTED', '***', '']) expect(rowOf(presenting({ authorization: value, apikey: value })).key_fingerprint).toBe('');
  });

  it('should say what is wrong with an entry, and go on with the next', () => {
    const items = mapKong([7, null, { session: { tls: {} }, client_ip: '192.0.2.1' }, { ...accepted, started_at: 'planted' }, { ...accepted, response: { status: 0 } }, accepted]);
    expect(items.map((item) => item.problem?.code)).toEqual(['not_an_object', 'not_an_object', 'invalid_field', 'invalid_field', 'invalid_field', undefined]);
    expect(JSON.stringify(items.map((item) => item.problem))).not.toContain('planted');
  });

  it('should keep a request whose caller wrote odd or endless headers', () => {
    const row = rowOf(presenting({ 'user-agent': `\u0001${'x'.repeat(9000)}`, referer: 'y'.repeat(9000), [`z${'z'.repeat(300)}`]: 'x', __proto__x: 7 }));
    expect(row.user_agent).toHaveLength(512);
    expect(row.referer).toHaveLength(2048);
  });

  it('should map an accepted request', () => {
    expect(rowOf(accepted)).toEqual({
      workspace_id: 'production', key_id: '00000000-0000-4000-8000-00000000000b', key_fingerprint: '', credential_kind: 'unknown', principal: 'orders-service',
      request_id: '11111111111111111111111111111111', time: 1_726_783_839_508, outcome: 'authorised', refusal_reason: '', method: 'GET', route: 'orders',
      path: '/v1/orders/7?limit=10', status: 200, latency_ms: 173, bytes_in: 412, bytes_out: 9982, address: '198.51.100.7', country: '',
      user_agent: 'orders/1.4 (node 20)', origin: '', referer: '', tenant: 'acme', environment: 'production', gateway_node: 'gw-eu-1',
      attributes: { service: 'orders-api', answered_by: 'upstream', upstream_status: '200' }, source: 'kafka', topic: '', partition: -1, offset: -1,
      ingested_at: 1_726_783_900_000, signs: [],
    });
  });

  it('should map a refused request of a browser', () => {
    expect(rowOf(refused)).toMatchObject({
      request_id: '22222222222222222222222222222222', route: 'orders-api', bytes_in: 512, bytes_out: 96, user_agent: 'curl/8.5.0', origin: 'https://evil.example',
      attributes: { sec_fetch_site: 'cross-site', answered_by: 'exit' },
    });
  });

  it('should give a request of a Kong that has no request ids one that is always the same', () => {
    const entry = { ...accepted, request: { ...accepted.request, id: undefined }, response: { status: 200, size: 1 } };
    expect(rowOf(entry).request_id).toMatch(/^derived-[0-9a-f]{32}$/);
    expect(rowOf({ ...entry }).request_id).toBe(rowOf(entry).request_id);
    expect(rowOf({ ...entry, started_at: 1_726_783_839_509 }).request_id).not.toBe(rowOf(entry).request_id);
  });

  it('should keep what an operator adds', () => {
    expect(rowOf({ ...accepted, team: 'orders', extra: { plan: 'gold', api_key: secret } }).attributes).toMatchObject({ team: 'orders', 'extra.plan': 'gold', 'extra.api_key': redactor.fingerprint(secret) });
  });

  it('should read what http-log, file-log and kafka-log send: one, one a line, an array, an array a line', () => {
    const [one, two] = [JSON.stringify(accepted), JSON.stringify(refused)];
    for (const body of [`${one}\n${two}\n`, `[${one},${two}]`, `[${one}]\n[${two}]\n`, JSON.stringify([accepted, refused], null, 2)]) {
      const read = [...parseBody(Buffer.from(body), { format: 'kong' })].flatMap(({ value }) => mapKong(value));
      expect(read.map(({ line }) => line?.status)).toEqual([200, 401]);
    }
  });

  it('should map batches', () => {
    expect(mapKong([accepted, refused]).filter((item) => item.line)).toHaveLength(2);
    expect(mapKong([])).toEqual([]);
  });
});
