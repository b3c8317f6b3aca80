import { RequestLogLine } from '@keytrail/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mapNative } from './native.js';
import { isSurelyValid } from './quick-check.js';

const line = { time: '2026-03-01T10:00:00.123Z', request_id: 'r-1', method: 'GET', path: '/v1/orders', status: 200 };
const problemOf = (fields: Record<string, unknown>) => mapNative({ ...line, ...fields })[0]!.problem;

const odd = fc.oneof(fc.constantFrom<unknown>(null, '', ' ', '\0', 'a b', 'ok', 'x'.repeat(65), 'x'.repeat(300), 'x'.repeat(5000), '\ud800', -1, 0, 1.5, 404, 1e999, Number.NaN,
  2 ** 53, 8.64e15 + 1, true, [], ['a'], [1], {}, { a: 'b' }, { a: 1 }, { a: null }, { a: ['b'] }, { ['k'.repeat(65)]: 'v' }, { ['k'.repeat(257)]: 'v' }, { a: 'v'.repeat(4097) },
  JSON.parse('{"__proto__":{"a":1}}'), 'api_key', 'forbidden', 'GET', '2026-02-30T10:00:00Z', '2026-04-31T10:00:00Z', '2028-02-29T10:00:00Z', '2026-12-31T23:59:60Z', '2026-12-31T24:00:00Z',
  '2026-12-31T23:59:59+24:00', '2026-12-31T23:59:59.123456789-05:30', '2026-12-31T23:59:59', '2026-12-31', 'T'), fc.string(), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()));

describe('native lines', () => {
  it('should never pass by the quick check what the contract refuses', () => {
    const fields = fc.constantFrom(...Object.keys(RequestLogLine.shape));
    let passed = 0;
    fc.assert(fc.property(fc.array(fc.tuple(fields, odd), { maxLength: 3 }), (changes) => {
      const candidate = { ...line, ...Object.fromEntries(changes) };
      if (!isSurelyValid(candidate)) return;
      passed += 1;
      expect(RequestLogLine.safeParse(candidate)).toMatchObject({ success: true, data: candidate });
    }), { numRuns: 20_000 });
    expect(passed).toBeGreaterThan(1000);
  });

  it('should pass ordinary lines by the quick check', () => {
    for (const day of ['01-31', '02-28', '03-30', '04-30', '12-31']) expect(isSurelyValid({ ...line, time: `2026-${day}T23:59:59.000+02:00` })).toBe(true);
    expect(isSurelyValid({ ...line, time: 1_772_359_200_000, headers: { a: 'b', c: ['d'] }, attributes: { a: 'b', c: 1, d: true }, latency_ms: 0.1, outcome: 'error' })).toBe(true);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no time', { time: undefined }, 'time: is missing'],
    ['a time without an offset', { time: '2026-03-01T10:00:00' }, 'time: must be an RFC 3339 date-time with an offset, or epoch milliseconds'],
    ['a status that is text', { status: '200' }, 'status: Invalid input: expected number, received string'],
    ['white space in an id', { request_id: 'a b' }, 'request_id: must not contain white space or control characters'],
    ['NUL', { path: '/a\0b' }, 'path: contains a control character'],
    ['an attribute that is an object', { attributes: { planted: {} } }, 'attributes: holds a name or value that is not allowed'],
    ['several', { status: 1, path: '', method: '' }, ''],
  ])('should say what is wrong: %s', (_, fields, reason) => {
    const problem = problemOf(fields);
    expect(problem?.code).toBe('invalid_field');
    expect(problem?.reason).toContain(reason);
  });

  it('should never repeat a value or name of the line in its reason', () => {
    for (const field of Object.keys(RequestLogLine.shape)) {
      for (const value of [['planted'], { planted: { planted: 1 } }, 'planted value\0', { ['planted'.repeat(60)]: 'x' }]) expect(problemOf({ [field]: value })?.reason ?? '').not.toContain('planted');
    }
  });

  it('should refuse what is no object', () => {
    for (const value of [null, 7, 'x', [null], [[]]]) expect(mapNative(value)[0]!.problem?.code).toBe('not_an_object');
  });

  it('should keep a request whose caller wrote an endless header or path', () => {
    const [item] = mapNative({ ...line, user_agent: 'x'.repeat(100_000), referer: 'y'.repeat(100_000), origin: 'z'.repeat(9999), path: `/${'p'.repeat(100_000)}` });
    expect(item!.line).toMatchObject({ user_agent: 'x'.repeat(4096), origin: 'z'.repeat(512) });
  });

  it('should keep unknown fields as attributes, after those the line names itself', () => {
    const [item] = mapNative({ ...line, plan: 'gold', upstream: { host: 'a', tls: true, deep: { er: { more: { not: 1 } } } }, tags: ['a', 'b'], n: null, region: 'other', attributes: { region: 'eu' } });
    expect(item!.line!.attributes).toEqual({ region: 'eu', plan: 'gold', 'upstream.host': 'a', 'upstream.tls': true, tags: 'a, b' });
    expect(mapNative({ ...line, user_agent: 'x'.repeat(5000), plan: 'gold' })[0]!.line!.attributes).toEqual({ plan: 'gold' });
    expect(mapNative({ ...line, attributes: 'planted', plan: 'gold' })[0]!.problem?.code).toBe('invalid_field');
  });

  it('should not touch a line without unknown fields, whichever of the known it has', () => {
    const whole = {
      ...line, workspace: 'w', key_id: 'k', key: 'x', credential_kind: 'user', principal: 'p', outcome: 'error', refusal_reason: 'r', route: '/r', latency_ms: 1, bytes_in: 1, bytes_out: 1,
      address: '192.0.2.1', user_agent: 'u', origin: 'o', referer: 'r', tenant: 't', environment: 'e', gateway_node: 'g', headers: { a: 'b' }, attributes: { a: 1 },
    };
    expect(Object.keys(whole).sort()).toEqual(Object.keys(RequestLogLine.shape).sort());
    for (const left of Object.keys(whole).filter((name) => !(name in line))) {
      for (const value of [{ ...line, [left]: whole[left as keyof typeof whole] }, { ...whole, [left]: undefined }]) {
        expect(mapNative(value)[0]!.line).toBe(value);
        expect(mapNative({ ...value, plan: 'gold' })[0]!.line!.attributes).toMatchObject({ plan: 'gold' });
      }
    }
    expect(mapNative(whole)[0]!.line).toBe(whole);
  });

  it('should read arrays', () => {
    expect(mapNative([{ ...line, more: { a: 1 } }, line]).every((item) => item.line)).toBe(true);
  });
});
