import { describe, expect, it } from '@jest/globals';
import { rowsOf } from '../spec-support/fixtures.js';
import { leavesOf, withOthers } from './attributes.js';

const line = { time: '2026-03-01T10:00:00Z', request_id: 'r-1', method: 'GET', path: '/v1/orders', status: 200 };
const stored = (fields: Record<string, unknown>) => rowsOf('native', { ...line, ...fields })[0]!.attributes;
const opaque = 'made-up-9zQ-secret';

describe('unknown fields', () => {
  it('should be redacted by their names, whole or not at all, however deep they stand and however long their names are', () => {
    const long = 'x'.repeat(80);
    const attributes = stored({
      api_key: opaque, key2: { api_key: opaque }, request: { authorization: `Bearer ${opaque}`, 'x-api-key': [opaque, opaque] }, token: { value: opaque }, auth: { a: { b: opaque } },
      inner: { key: opaque, sid: opaque }, [`${long}_token`]: opaque, [long]: { password: opaque }, secret: [{ a: opaque }], list: [{ password: opaque }],
      note: `password=${opaque}`, json: JSON.stringify({ client_secret: opaque }), [`token=${opaque}`]: 'x',
    });
    expect(JSON.stringify(attributes)).not.toContain(opaque);
    expect(attributes['request.authorization']).toMatch(/^fp_/);
  });

  it('should hold no secret of a list of names and values, nor an opaque value under a name that may tell', () => {
    const hex = '9f86d081884c7d659a2feaa0c55ad015';
    const attributes = stored({
      log: { headers: [{ name: 'x-api-key', value: hex }, { Name: 'Authorization', Value: hex }, { value: hex, key: 'session' }, { key: 'x-csrf-token', value: { stringValue: hex } }] },
      x_api_key_value: hex, session: hex, otp: '482913', pin: 4829, passcode: hex, pw: hex, 'x-csrf-token': hex, 'x-shop-hmac-sha256': hex, inner: { session: hex }, s: { pin: { value: hex } },
      json: JSON.stringify([{ name: 'x-api-key', value: hex }]), query: `/?session=${hex}`,
    });
    for (const secret of [hex, '482913', '4829']) expect(JSON.stringify(attributes)).not.toContain(secret);
    expect(stored({ session_duration: 12345, pin_count: 12345, spin: 'a1b2c3d4', session: 'expired', list: [{ name: 'host', value: 'api.example' }] })).toEqual({
      session_duration: '12345', pin_count: '12345', spin: 'a1b2c3d4', session: 'expired', 'list.0.name': 'host', 'list.0.value': 'api.example',
    });
  });

  it('should be bounded in number, in their names and in their values', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`n${index}`, index]));
    expect(Object.keys(stored({ ...many, attributes: { first: 1 } }))).toEqual(['first', ...Array.from({ length: 30 }, (_, index) => `n${index}`)]);
    expect(stored({ ['n'.repeat(1000)]: 'v'.repeat(100_000) })).toEqual({ ['n'.repeat(64)]: 'v'.repeat(512) });
    expect(Object.keys(stored({ a: { b: many, c: many }, d: 1 }))).toHaveLength(31);
  });

  it('should never take the place of what a line names itself', () => {
    const own = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`own${index}`, index]));
    expect(Object.keys(stored({ 0: 'a', 1: 'b', other: 1, attributes: own }))).toEqual(Object.keys(own));
    expect(stored({ a: 1, attributes: { a: 2 } })).toEqual({ a: '2' });
  });

  it('should not change a prototype', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}},"toString":"x"}') as Record<string, unknown>;
    expect(stored(hostile)).toEqual({ 'constructor.prototype.polluted': '1', toString: 'x' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(withOthers(undefined, leavesOf({}))).toBeUndefined();
  });

  it('should leave out what says nothing', () => {
    expect(stored({ a: null, b: '', c: '-', d: [], e: {}, f: [null], g: Number.NaN })).toEqual({});
  });
});
