import { RequestLogLine } from '@keytrail/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GatheredRows } from '../gathered-rows.js';
import { parseBody, parseMessage } from '../parse-body.js';
import type { ParsedLine } from '../raw-line.js';
import type { NormaliseContext } from '../row.js';
import { context as anyContext } from '../spec-support/fixtures.js';
import { takeIn } from '../take-in.js';
import { PlainLineReader } from './plain-line.js';

const plain = {
  time: '2026-03-01T10:00:00.123Z', request_id: '8f14e45fceea167a5a36dedd4bea2543', workspace: 'w1', key_id: 'key_000000000042', credential_kind: 'api_key', principal: 'orders-service',
  outcome: 'forbidden', refusal_reason: 'scope', method: 'GET', route: '/v1/orders/{order_id}', path: '/v1/orders/4711?page=2', status: 403, latency_ms: 12.25, bytes_in: 120, bytes_out: 4567,
  address: '192.0.2.1', user_agent: 'orders-sdk/1.0 (node 20; linux)', tenant: 'acme', environment: 'production', gateway_node: 'gw-1',
};
const context: NormaliseContext = {
  ...anyContext, countryOf: (address) => (address === '192.0.2.1' ? 'DE' : ''), acceptsWorkspace: (workspace) => workspace !== 'w2',
  lookupKey: (keyId) => (keyId === 'known' ? { workspace_id: 'production', kind: 'service_token' } : keyId === 'account' ? { workspace_id: null, kind: 'workspace_key' } : undefined),
};
const KEY = `kt_live_${'a1B2'.repeat(9)}`;

/** What becomes of lines: rows, and the reasons of what was refused. */
async function outcomeOf(lines: ParsedLine[]) {
  for (const line of lines) Object.assign(line, { receivedAt: context.receivedAt, topic: 't', partition: 1, offset: 7 });
  const rows = new GatheredRows({ mostKept: Infinity });
  const taken = await takeIn(lines, 'native', { ...context, senderWorkspace: '' }, rows);
  return { received: taken.received, rows: rows.asRows(), problems: taken.refused.map(({ from, problem }) => [from.line, problem, from.raw.toString()]) };
}

/** Another format of JSON lines: its lines are cut and parsed alike, and none of them is read as a plain one. */
const REGULAR = 'kong';

const values: Record<string, unknown[]> = {
  time: ['2026-02-30T10:00:00.000Z', '2026-03-01T23:59:59.999Z', '2026-03-01T24:00:00.000Z', '2026-03-01T10:00:60.000Z', '2026-03-01T10:00:00Z', '2026-03-01T10:00:00.1234567+02:00', '2026-03-01',
    '1999-03-01T10:00:00.000Z', '2027-03-01T10:00:00.000Z', 1_772_359_200_000, 1_772_359_200_000.5, 1_772_359_200, 8.64e15, -1, '2026-03-01T1:000:00.000Z', '2026-03-01T10:00:00.12aZ'],
  request_id: ['a b', 'x'.repeat(129), '', KEY, 'r-1', 'ghp_0123456789abcdefghijABCDEFGHIJ456789', 'AIza0123456789012345678901234567890'],
  workspace: ['w2', 'a b', KEY, 'x'.repeat(65)], key_id: ['known', 'account', KEY, 'aB3dE6gH9kL2nP5rS8uV1xY4zA7cD0fG', `fp_${'0a'.repeat(12)}`, 'Bearer abcdefgh12345678', 'a b'],
  credential_kind: ['nonsense', 'role'], outcome: ['nonsense', 'error'], refusal_reason: ['tenant_mismatch', 'token: abcdef123456'], method: ['get', 'G T', 'M'.repeat(20), KEY.slice(0, 60)],
  path: ['/a%20b', `/x?api_key=${KEY}`, '/x?token=abcdefghijkl', '/', '/x?page=1', `/${KEY}/x`, `/${'p'.repeat(3000)}`, '/token/abcdef0123456789', '/ü', '/a b', '/x"y', '/\\u0041'],
  route: ['/v1/{key}', '/token/{token}', 'x'.repeat(600)], status: [99, 600, 200.5, '200', 418, 200], latency_ms: [0, 0.1, 86_400_001, 1e21, 1e-7, 12_345.678_9, 0.1 + 0.2],
  bytes_in: [2 ** 53, 2 ** 53 - 1, 0, 1.5, -0], address: ['192.0.2.1:443', '2001:DB8::1', '2001:db8::1', 'EC2.amazonaws.com', 'nonsense address', '::ffff:192.0.2.1', '999.1.1.1'],
  user_agent: ['x'.repeat(600), 'curl/8 Bearer abcdefghijklmnop1234', 'ünïcode', 'a"b\\c'], tenant: ['', ' ', 'two words', 'x'.repeat(300)], gateway_node: ['\u007f', 'a\tb'],
  key: [KEY, '***'], origin: ['https://example.test'], referer: ['https://example.test/x'], headers: [{ 'x-api-key': KEY }, {}], attributes: [{ a: 1 }, {}], plan: ['gold'], constructor: ['x'], __proto__x: [1],
};
const anything = fc.oneof({ weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, [], {}, '', 0, -1) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true }) });
const field = fc.constantFrom(...Object.keys(values)).chain((name) => fc.tuple(fc.constant(name), fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values[name]!) }, { weight: 1, arbitrary: anything })));
/** Ways to write one object. */
const writings: ((line: object) => string)[] = [
  (line) => JSON.stringify(line), (line) => JSON.stringify(line, null, 1).replaceAll(/\n\s*/g, ' '), (line) => `${JSON.stringify(line)} `, (line) => ` ${JSON.stringify(line)}\r`,
  (line) => JSON.stringify(line).replace('"method"', '"m\\u0065thod"'), (line) => JSON.stringify(line).replace(/\}$/, ',"path":"/twice"}'), (line) => JSON.stringify(line).replace(/\}$/, ',}'),
  (line) => JSON.stringify(line).slice(0, -3), (line) => JSON.stringify(line).replace(':', '\t: '), (line) => `${JSON.stringify(line)}x`, (line) => JSON.stringify(line).replace('200', '0200'),
  (line) => JSON.stringify(line).replace('403', '4.03e2'), (line) => JSON.stringify(line).replace('12.25', '12.'), (line) => JSON.stringify(line).replaceAll(',', ' ,\t'),
];
const line = fc.tuple(fc.array(field, { maxLength: 2 }), fc.subarray(Object.keys(plain), { minLength: 14 }), fc.boolean(), fc.constantFrom(...writings)).map(([changes, kept, backwards, write]) => {
  const fields = [...kept.map((name) => [name, plain[name as keyof typeof plain]] as const), ...changes];
  return write(Object.fromEntries(backwards ? fields.reverse() : fields));
});

describe('plain lines', () => {
  it('should become the very rows and refusals that reading them the regular way gives', async () => {
    let read = 0;
    const reader = new PlainLineReader();
    await fc.assert(fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 4 }), async (lines) => {
      for (const text of lines) if (reader.read(Buffer.from(text), 0) !== undefined) read += 1;
      const body = lines.join('\n');
      expect(await outcomeOf([...parseBody(Buffer.from(body), { format: 'native' })])).toEqual(await outcomeOf([...parseBody(Buffer.from(body), { format: REGULAR })]));
      for (const text of [lines[0]!, body]) {
        expect(await outcomeOf(parseMessage(Buffer.from(text), 'native'))).toEqual(await outcomeOf(parseMessage(Buffer.from(text), REGULAR)));
      }
    }), { numRuns: 1500 });
    expect(read).toBeGreaterThan(250);
  });

  it('should be all that gateways write as a rule, with and without what the line need not say', () => {
    const reader = new PlainLineReader();
    for (const left of [undefined, ...Object.keys(plain).filter((name) => !['time', 'request_id', 'method', 'path', 'status'].includes(name))]) {
      const text = JSON.stringify({ ...plain, ...(left && { [left]: undefined }) });
      for (const written of [text, JSON.stringify(JSON.parse(text), null, 1).replaceAll(/\n\s*/g, ' ')]) {
        expect(reader.read(Buffer.from(written), 0)).toBeDefined();
        expect(reader.end).toBe(written.length);
      }
    }
  });

  it('should end with the buffer or the line, wherever they are cut', () => {
    const reader = new PlainLineReader();
    const whole = Buffer.from(JSON.stringify(plain));
    reader.read(whole, 0);
    for (let length = 0; length < whole.length; length += 1) {
      expect(reader.read(whole.subarray(0, length), 0)).toBeUndefined();
      expect(reader.read(Buffer.concat([whole.subarray(0, length), Buffer.from('\n'), whole.subarray(length)]), 0)).toBeUndefined();
    }
  });

  it('should be refused like any other when they are too long, whatever makes them so', async () => {
    const [before, behind] = [JSON.stringify(plain).replace(',', `,${' '.repeat(1 << 20)}`), JSON.stringify(plain).replace('}', `${' '.repeat(1 << 20)}}`)];
    for (const text of [before, behind]) {
      for (const lines of [parseMessage(Buffer.from(text), 'native'), [...parseBody(Buffer.from(text), { format: 'native' })]]) expect(lines.map(({ problem }) => problem?.code)).toEqual(['too_long']);
    }
  });

  it('should know every field of the contract, or leave the line to others', () => {
    const left = ['key', 'origin', 'referer', 'headers', 'attributes'];
    expect([...Object.keys(plain), ...left].sort()).toEqual(Object.keys(RequestLogLine.shape).sort());
    for (const name of left) expect(new PlainLineReader().read(Buffer.from(JSON.stringify({ ...plain, [name]: 'x' })), 0)).toBeUndefined();
  });

  it('should give each value its own text, also of values that fall together in memory', () => {
    const reader = new PlainLineReader();
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 5000; index += 1) expect(reader.read(Buffer.from(JSON.stringify({ ...plain, key_id: `k${index}` })), 0)?.key_id).toBe(`k${index}`);
    }
  });
});
