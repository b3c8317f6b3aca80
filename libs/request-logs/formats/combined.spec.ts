import { describe, expect, it } from '@jest/globals';
import { parseBody, parseMessage } from '../parse-body.js';
import { fixtureValues, redactor, rowsOf } from '../spec-support/fixtures.js';
import { mapCombined } from './combined.js';

const lines = fixtureValues('combined.txt', 'combined') as string[];
const rowOf = (line: unknown) => rowsOf('combined', line)[0]!;
const request = '198.51.100.9 - - [01/Mar/2026:10:00:02 +0000] "GET /a HTTP/1.1" 401 12 "-" "curl/8"';
const secret = 'made-up-combined-key-0001';

describe('combined', () => {
  it.each([
    ['the first quoted text without a name', `${request} "${secret}"`], ['an Authorization header there', `${request} "Bearer ${secret}" rt=1`], ['key=', `${request} key="${secret}"`],
    ['authorization=', `${request} rt=0.1 authorization="Bearer ${secret}"`], ['x_api_key= without quotes', `${request} x_api_key=${secret}`], ['apikey= behind an empty key=', `${request} key="-" apikey="${secret}"`],
  ])('should not store a key, but its fingerprint: %s', (_, line) => {
    const row = rowOf(line);
    expect(row).toMatchObject({ key_id: '', key_fingerprint: redactor.fingerprint(secret), outcome: 'unauthorised' });
    expect(JSON.stringify(row)).not.toContain(secret);
  });

  it('should not take X-Forwarded-For, a flag or an empty header for a key, nor believe the former', () => {
    expect(rowOf(lines[4])).toMatchObject({ key_fingerprint: '', address: '198.51.100.11', attributes: { x_forwarded_for: '198.51.100.7, 203.0.113.9' } });
    for (const extra of ['"-"', '"2.31"', '"10.0.0.1:8080"', '"2001:db8::1"', '""', '0.003 0.002']) expect(rowOf(`${request} ${extra}`).key_fingerprint).toBe('');
  });

  it('should not let a caller add a field or close a quote', () => {
    const line = `198.51.100.9 - x [01/Jan/2026:00:00:00 +0000] \\x22GET / HTTP/1.1\\x22 [01/Mar/2026:10:00:02 +0000] "GET /a\\x22 200 1 HTTP/1.1" 401 12 "-" "curl\\" rt=planted" request_id=r-1 request_id=r-2 key="a\\x22 request_id=r-3"`;
    expect(rowOf(line)).toMatchObject({ request_id: 'r-1', time: Date.UTC(2026, 2, 1, 10, 0, 2), path: '/a" 200 1', status: 401, user_agent: 'curl" rt=planted' });
  });

  it('should refuse what is no such line, without quoting it', () => {
    const items = mapCombined(['planted', '', 7, { log: 7 }, { message: 'planted' }, '198.51.100.9 - - [planted] "GET / HTTP/1.1" 200 1', '198.51.100.9 - - [99/Foo/2026:10:00:02 +0000] "GET / HTTP/1.1" 200 1']);
    expect(items.map((item) => item.problem?.code)).toEqual(['invalid_field', 'invalid_field', 'not_an_object', 'invalid_field', 'invalid_field', 'invalid_field', 'invalid_field']);
    expect(JSON.stringify(items)).not.toContain('planted');
  });

  it('should be read line by line from a body of text, whatever brackets stand in a line', () => {
    const read = (text: string | Buffer, format: 'combined' | 'auto' | 'native' = 'combined') =>
      [...parseBody(Buffer.from(text), { format, maxLineBytes: 1000 })].map(({ line, value, problem }) => [line, problem?.code ?? value]);
    const deep = `${request} "${'[{'.repeat(100)}"`;
    expect(read(`\ufeff${request}\r\n\n${deep}\n`)).toEqual([[1, request], [3, deep]]);
    expect(read(`${request}\n{"log":1}\n{"cut\n"x"\n${'x'.repeat(1001)}\n`)).toEqual([[1, request], [2, { log: 1 }], [3, 'invalid_json'], [4, 'not_an_object'], [5, 'too_long']]);
    expect(read(Buffer.concat([Buffer.from(`${request}\n`), Buffer.from([0xff, 0x0a])]))).toEqual([[1, request], [2, 'invalid_utf8']]);
    expect(read(request, 'auto')).toEqual([[1, request]]);
    expect(read(request, 'native')).toEqual([[1, 'invalid_json']]);
    expect([...parseMessage(Buffer.from(request), 'combined')].map(({ value }) => value)).toEqual([request]);
  });

  it('should map a line with named extras', () => {
    expect(rowOf(lines[0])).toMatchObject({
      key_id: 'key-combined-1', key_fingerprint: '', principal: 'orders-service', request_id: '11111111111111111111111111111111', time: 1_772_359_200_310, method: 'GET',
      path: '/v1/orders/7?limit=10', status: 200, latency_ms: 23, bytes_out: 9982, address: '198.51.100.7', referer: 'https://shop.example/cart', user_agent: 'orders/1.4 (node 20)',
      attributes: { host: 'api.example' },
    });
    expect(rowOf(lines[1])).toMatchObject({ address: '2001:db8::8', time: Date.UTC(2026, 2, 1, 10, 0, 1), method: 'POST', latency_ms: 2 });
  });

  it('should read plain lines, escapes, and what is no request at all', () => {
    expect(rowOf(lines[2])).toMatchObject({ user_agent: 'Mozilla/5.0 (X11; "quoted") café', referer: '', principal: '', key_fingerprint: '' });
    expect(rowOf(lines[3])).toMatchObject({ method: 'INVALID', path: '-', status: 400, user_agent: '' });
    expect(rowOf(lines[4])).toMatchObject({ method: 'INVALID', path: '-', status: 408, bytes_out: 0 });
    expect(rowOf(lines[5])).toMatchObject({ path: '/v1/plain', status: 304, bytes_out: null, user_agent: '' });
    expect(rowOf('198.51.100.9 - - [01/Mar/2026:10:00:02 +0000] "GET http://h.example/a?b HTTP/1.1" 200 1')).toMatchObject({ path: '/a?b' });
  });

  it('should read a line that a shipper packed into JSON, with what the shipper knows', () => {
    expect(rowOf(lines[6])).toMatchObject({ path: '/v1/shipped', address: '198.51.100.13', gateway_node: '', attributes: { stream: 'stdout', 'kubernetes.pod_name': 'edge-0' } });
  });

  it('should give a line without a request id one that is always the same, and says nothing of a secret', () => {
    const id = rowOf(lines[2]).request_id;
    expect(id).toMatch(/^derived-[0-9a-f]{32}$/);
    expect(rowOf(` ${lines[2]}`).request_id).toBe(id);
    expect(rowOf(lines[2]!.replace('/v1/status', '/v1/status2')).request_id).not.toBe(id);
    const withPassword = (password: string) => rowOf(`198.51.100.9 - - [01/Mar/2026:10:00:02 +0000] "GET /a?password=${password}&b=1 HTTP/1.1" 401 12 "-" "curl/8" "${password}-long"`).request_id;
    expect(withPassword('hunter1')).toBe(withPassword('hunter2'));
  });

  it.each(['"', '\\', '\\"', ' ', ' "', '[', ' [01/Mar/2026:10:00:02 +0000] ', 'a=', ' a="', 'a ', '\\x41', ' - '])('should take no longer a character for a megabyte of %j than for less', (unit) => {
    const milliseconds = (line: string) => {
      const start = process.cpuUsage();
      mapCombined(line);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    for (const before of ['', '198.51.100.9 - ', `${request} `, '198.51.100.9 - - [01/Mar/2026:10:00:02 +0000] "', '198.51.100.9 - - [01/Mar/2026:10:00:02 +0000] "GET ']) {
      // Work that grows with the square would take 64 times as long. The constant is for what the clock and the runtime add.
      const isLinear = () => milliseconds(before + unit.repeat((1 << 20) / unit.length)) < milliseconds(before + unit.repeat((1 << 17) / unit.length)) * 24 + 100;
      // Other threads of this process work now and then; what is not linear is slow every time.
      expect(isLinear() || isLinear() || isLinear()).toBe(true);
    }
  });
});
