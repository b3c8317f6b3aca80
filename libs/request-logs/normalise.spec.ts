import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import type { RequestLogLine } from '@keytrail/contracts';
import fc from 'fast-check';
import { normaliseAddress } from './address.js';
import { normaliseLine } from './normalise.js';
import { createRedactor } from './redact.js';
import type { NormaliseContext, RequestLogRow } from './row.js';

const redactor = createRedactor(Buffer.alloc(32, 3));
const digits = (seed: string, length: number) => createHmac('sha512', 'test').update(seed).digest('base64').replace(/[^0-9A-Za-z]/g, '').slice(0, length);
const keytrailKey = `kt_live_${digits('key', 36)}`;
const opaque = `made-${digits('opaque', 24)}`;
const receivedAt = Date.UTC(2026, 2, 1, 12);
const owned = { key_id: 'key_1', workspace_id: 'production', kind: 'service_token' } as const;
const context: NormaliseContext = {
  defaultWorkspace: 'default', redactor, source: 'http', receivedAt, countryOf: (address) => (address === '198.51.100.7' ? 'SE' : ''),
  resolveKey: (fingerprint) => (fingerprint === redactor.fingerprint(keytrailKey) ? owned : undefined),
  lookupKey: (keyId) => (keyId === owned.key_id ? owned : undefined),
};
const line: RequestLogLine = { time: '2026-03-01T11:00:00.5Z', request_id: 'r-1', method: 'GET', path: '/v1/orders', status: 200 };
const normalise = (fields: Partial<RequestLogLine>, changes: Partial<NormaliseContext> = {}) => normaliseLine({ ...line, ...fields }, { ...context, ...changes });
const rowOf = (fields: Partial<RequestLogLine>, changes: Partial<NormaliseContext> = {}): RequestLogRow => normalise(fields, changes).row!;

describe('no secret is stored', () => {
  const texts = ['key_id', 'principal', 'refusal_reason', 'route', 'path', 'user_agent', 'origin', 'referer', 'tenant', 'environment', 'gateway_node', 'request_id', 'workspace', 'key', 'address'] as const;
  it('should replace a key in any field', () => {
    for (const field of texts) {
      for (const text of [keytrailKey, `/x/${keytrailKey}/y`, `Bearer%20${keytrailKey}`]) {
        const { row } = normalise({ [field]: text.slice(0, field === 'workspace' || field === 'environment' ? 64 : 512) });
        expect(JSON.stringify(row)).not.toContain(keytrailKey);
      }
    }
  });

  it('should replace an opaque secret wherever a name, a scheme or a field tells', () => {
    const rows: Partial<RequestLogLine>[] = [
      { key: opaque }, { path: `/a?api_key=${opaque}` }, { referer: `https://u:${opaque}@h.example/` }, { headers: { Authorization: `Bearer ${opaque}` } },
      { headers: { 'X-API-Key': opaque, Cookie: `a=${opaque}`, referer: `https://h.example/#access_token=${opaque}` } }, { attributes: { api_key: opaque, note: `token=${opaque}` } },
      { attributes: { [`Authorization`]: `Bearer ${opaque}` } }, { refusal_reason: `bad password: ${opaque}` }, { principal: `Basic ${opaque}` },
    ];
    for (const fields of rows) expect(JSON.stringify(rowOf(fields))).not.toContain(opaque);
  });

  it('should hold for any place of a known key in any text', () => {
    fc.assert(fc.property(fc.constantFrom(...texts), fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (field, before, after) => {
      expect(JSON.stringify(normalise({ [field]: `${before} ${keytrailKey} ${after}` }).row)).not.toContain(keytrailKey);
    }));
  });
});

describe('which key', () => {
  it('should be the fingerprint of what is rather a key than the id of one', () => {
    const secret = `${digits('a', 14)}/${digits('b', 14)}+${digits('c', 12)}=`;
    expect(rowOf({ key_id: secret })).toMatchObject({ key_id: redactor.fingerprint(secret), key_fingerprint: redactor.fingerprint(secret) });
    for (const id of ['8c7b7a4e-3f0e-4c53-9f0c-2a6ef2d9a1b4', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'ASIAIOSFODNN7EXAMPLE',
      'projects/billing-production/service-accounts/Nightly-Export-2', '01JABCDEFGHJKMNPQRSTVWXYZ0', 'service:s3.amazonaws.com']) {
      expect(rowOf({ key_id: id }).key_id).toBe(id);
    }
  });

  const fingerprint = redactor.fingerprint(keytrailKey);
  it.each<[string, Partial<RequestLogLine>]>([
    ['key', { key: keytrailKey }], ['key with a scheme', { key: `Bearer ${keytrailKey}` }], ['authorization', { headers: { AUTHORIZATION: [`bearer  ${keytrailKey}`] } }],
    ['authorization without a scheme', { headers: { authorization: keytrailKey } }], ['ApiKey scheme', { headers: { authorization: `ApiKey ${keytrailKey}` } }],
    ['basic', { headers: { authorization: `Basic ${Buffer.from(`${keytrailKey}:`).toString('base64')}` } }], ['x-api-key', { headers: { 'x-api-key': keytrailKey } }],
    ['api-key', { headers: { 'Api-Key': keytrailKey } }], ['path', { path: `/hooks/${keytrailKey}` }], ['query', { path: `/a?k=${keytrailKey}` }],
    ['encoded path', { path: `/a/${keytrailKey.replaceAll('_', '%5f')}` }], ['key_id', { key_id: keytrailKey }], ['its fingerprint', { key_id: fingerprint }],
  ])('should be the registered one when its secret is in %s', (_, fields) => {
    expect(rowOf(fields)).toMatchObject({ key_id: 'key_1', key_fingerprint: fingerprint, workspace_id: 'production', credential_kind: 'service_token' });
  });

  it('should be what the gateway says', () => {
    expect(rowOf({ key_id: 'key_1' })).toMatchObject({ key_id: 'key_1', key_fingerprint: '', workspace_id: 'production', credential_kind: 'service_token' });
    expect(rowOf({ key_id: 'other', credential_kind: 'role', key: opaque })).toMatchObject({
      key_id: 'other', key_fingerprint: redactor.fingerprint(opaque), workspace_id: 'default', credential_kind: 'role',
    });
  });

  it('should be only a fingerprint when nobody knows it', () => {
    const presented = redactor.fingerprint(opaque);
    expect(rowOf({ key: opaque, status: 401 })).toMatchObject({ key_id: '', key_fingerprint: presented, credential_kind: 'unknown' });
    const unknown = `kt_live_${digits('unknown', 36)}`;
    expect(rowOf({ key_id: unknown, status: 401 })).toMatchObject({ key_id: '', key_fingerprint: redactor.fingerprint(unknown) });
    expect(rowOf({ key_id: unknown })).toMatchObject({ key_id: redactor.fingerprint(unknown) });
  });

  it('should not let a caller pass for a key by presenting its fingerprint', () => {
    for (const fields of [{ key: fingerprint }, { headers: { authorization: `Bearer ${fingerprint}` } }]) expect(rowOf(fields)).toMatchObject({ key_id: '' });
  });

  it('should take no signature or placeholder for a key', () => {
    for (const authorization of ['AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE01/20260301', 'Digest username="a"', 'REDACTED', 'Bearer REDACTED', ' ']) {
      expect(rowOf({ headers: { authorization } }).key_fingerprint).toBe('');
    }
  });

  it('should keep long ids of the registry and of requests', () => {
    const long = digits('long-id', 40);
    expect(rowOf({ key_id: long }, { lookupKey: () => owned }).key_id).toBe(long);
    expect(rowOf({ request_id: long }).request_id).toBe(long);
  });
});

describe('time', () => {
  it.each<[string, string | number]>([
    ['epoch 0', 0], ['1970', '1970-01-01T00:00:00Z'], ['2004', '2004-12-31T23:59:59.999Z'], ['seconds', receivedAt / 1000], ['25 hours ahead', receivedAt + 25 * 3_600_000],
    ['the year 9999', '9999-12-31T23:59:59Z'], ['not a number', Number.NaN], ['no time', 'nonsense'],
  ])('should be refused: %s', (_, time) => {
    expect(normalise({ time })).toMatchObject({ problem: { code: 'time_out_of_range' } });
  });

  it('should become epoch milliseconds', () => {
    expect(rowOf({ time: '2026-03-01T12:30:00.123456+05:30' }).time).toBe(Date.UTC(2026, 2, 1, 7, 0, 0, 123));
    expect(rowOf({ time: receivedAt + 24 * 3_600_000 }).time).toBe(receivedAt + 24 * 3_600_000);
    expect(rowOf({ time: 1_772_359_200_000.7 }).time).toBe(1_772_359_200_000);
  });
});

describe('workspace', () => {
  it('should be refused when there is none, or the sender may not write to it', () => {
    expect(normalise({}, { defaultWorkspace: '' })).toMatchObject({ problem: { code: 'unknown_workspace' } });
    const { problem } = normalise({ workspace: 'planted' }, { acceptsWorkspace: () => false });
    expect(problem).toMatchObject({ code: 'unknown_workspace' });
    expect(problem!.reason).not.toContain('planted');
    expect(normalise({ key: keytrailKey }, { acceptsWorkspace: (workspace) => workspace === 'default' })).toMatchObject({ problem: { code: 'unknown_workspace' } });
  });

  it('should be the line\'s, else the key\'s, else the sender\'s', () => {
    expect([rowOf({ workspace: 'mine', key: keytrailKey }), rowOf({ key: keytrailKey }), rowOf({})].map((row) => row.workspace_id)).toEqual(['mine', 'production', 'default']);
  });
});

describe('fields', () => {
  it.each([[200, 'authorised'], [302, 'authorised'], [400, 'error'], [401, 'unauthorised'], [403, 'forbidden'], [404, 'error'], [429, 'rate_limited'], [503, 'error']])('should read status %i as %s', (status, outcome) => {
    expect(rowOf({ status }).outcome).toBe(outcome);
  });

  it.each([
    ['198.51.100.7', '198.51.100.7'], ['198.51.100.7:443', '198.51.100.7'], ['::ffff:198.51.100.7', '198.51.100.7'], ['[::1]:80', '::1'], ['[2001:DB8:0:0::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'], ['2001:0db8::0001', '2001:db8::1'], ['EC2.amazonaws.com', 'ec2.amazonaws.com'], ['localhost', 'localhost'],
    ['AWS Internal', ''], ['-', ''], ['1.2.3', ''], ['010.1.1.1', ''], ['999.1.1.1', ''], ['0x7f000001', ''], ['2130706433', ''], ['1.2.3.4, 5.6.7.8', ''], ['::::', ''], [':'.repeat(255), ''],
    ['a..b', ''], ['<script>', ''], ['unix:', ''], ['x'.repeat(254), ''],
  ])('should write the address %s as %j', (given, expected) => {
    expect(normaliseAddress(given)).toBe(expected);
  });

  it('should look up the country of the address as written', () => {
    expect(rowOf({ address: '::ffff:198.51.100.7' })).toMatchObject({ address: '198.51.100.7', country: 'SE' });
    expect(rowOf({})).toMatchObject({ address: '', country: '' });
  });

  it('should cut texts without leaving half a character, after redacting', () => {
    const row = rowOf({ path: `/${'x'.repeat(2046)}😀y`, user_agent: `${'u'.repeat(511)}😀`, route: 'a\ud800b' });
    expect(row.path).toHaveLength(2047);
    expect(row.user_agent).toBe('u'.repeat(511));
    expect(row.route).toBe('a\ufffdb');
    expect(rowOf({ path: `/${'x'.repeat(2030)}?token=${opaque}` }).path).not.toContain(opaque.slice(0, 8));
  });

  it('should read what headers tell', () => {
    const headers = { Origin: 'https://a.example', REFERER: 'https://b.example', 'User-Agent': 'ua\u0000x', 'Sec-Fetch-Mode': 'cors' };
    expect(rowOf({ headers })).toMatchObject({ origin: 'https://a.example', referer: 'https://b.example', user_agent: 'ua x', attributes: { sec_fetch_site: 'unknown' } });
    expect(rowOf({ headers: { 'sec-fetch-site': 'same-origin' }, origin: 'https://c.example' })).toMatchObject({ origin: 'https://c.example', attributes: { sec_fetch_site: 'same-origin' } });
  });

  it('should bound attributes', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`name-${index}`, index]));
    const { attributes } = rowOf({ attributes: { ...many, ...JSON.parse('{"__proto__":"x"}') }, headers: { 'sec-fetch-site': 'none' } });
    expect(Object.keys(attributes)).toHaveLength(32);
    expect(attributes).toMatchObject({ sec_fetch_site: 'none', 'name-0': '0' });
    expect(rowOf({ attributes: { long: 'x'.repeat(4096), nul: 'a\0b', flag: true } }).attributes).toEqual({ long: 'x'.repeat(512), nul: 'a b', flag: 'true' });
    expect(Object.getPrototypeOf(rowOf({ attributes: JSON.parse('{"__proto__":"x"}') }).attributes)).toBe(Object.prototype);
  });

  it('should fill what is not known, and say where the line came from', () => {
    expect(rowOf({}, { source: 'kafka', topic: 'logs', partition: 3, offset: 17 })).toEqual({
      workspace_id: 'default', key_id: '', key_fingerprint: '', credential_kind: 'unknown', principal: '', request_id: 'r-1', time: Date.UTC(2026, 2, 1, 11, 0, 0, 500),
      outcome: 'authorised', refusal_reason: '', method: 'GET', route: '', path: '/v1/orders', status: 200, latency_ms: null, bytes_in: null, bytes_out: null, address: '',
      country: '', user_agent: '', origin: '', referer: '', tenant: '', environment: '', gateway_node: '', attributes: {}, signs: [], source: 'kafka', topic: 'logs', partition: 3,
      offset: 17, ingested_at: receivedAt,
    });
  });

  it('should say that a secret which opens something was in a field, and of no other', () => {
    const shown = redactor.fingerprint(keytrailKey);
    expect(rowOf({ path: `/a?x=${keytrailKey}` }).signs).toEqual([`exposed:path ${shown}`]);
    expect(rowOf({ key: opaque, path: `/a?api_key=${opaque}` }).signs).toEqual([`exposed:path ${redactor.fingerprint(opaque)}`]);
    expect(rowOf({ user_agent: `tool ${keytrailKey}` }).signs).toEqual([`exposed:user_agent ${shown}`]);
    expect(rowOf({ path: `/a?api_key=${opaque}` }).signs).toEqual([]);
    expect(rowOf({ headers: { authorization: `Bearer ${keytrailKey}` } }).signs).toEqual([]);
  });

  it('should give the same row for the same line, again and again', () => {
    const fields = { key: keytrailKey, path: `/a?token=${opaque}`, headers: { cookie: opaque }, attributes: { a: 'b' } };
    expect(rowOf(fields)).toEqual(rowOf(fields));
    expect(rowOf(fields, { redactor: createRedactor(Buffer.alloc(32, 3)) })).toEqual(rowOf(fields));
  });
});
