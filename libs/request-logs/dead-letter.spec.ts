import { describe, expect, it } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describeDeadLetter } from './dead-letter.js';
import { createRedactor } from './redact.js';

const redactor = createRedactor(Buffer.alloc(32, 5));
const problem = { code: 'invalid_json', reason: 'not valid JSON' } as const;
const made = (seed: string, length: number) => createHmac('sha512', 'test').update(seed).digest('base64').replace(/[^0-9A-Za-z]/g, '').slice(0, length);
const payloadOf = (raw: string | Buffer) => describeDeadLetter(Buffer.isBuffer(raw) ? raw : Buffer.from(raw), problem, redactor).payload;
const key = `kt_live_${made('key', 36)}`;
const opaque = `${made('opaque', 20)}4Z`;

describe('a dead letter holds no secret', () => {
  const entry = { time: '2026-03-01T10:00:00Z', key: opaque, headers: { authorization: `Bearer ${opaque}`, apikey: [opaque], 'x-api-key': opaque, cookie: `sid=${opaque}; a=b`, 'set-cookie': [`sid=${opaque}`],
    'proxy-authorization': `Basic ${opaque}` }, path: `/a?token=${opaque}`, note: `https://user:${opaque}@h.example/${key}`, responseElements: { credentials: { sessionToken: `${opaque}/+==` } } };

  it('when the line is JSON, pretty JSON, or JSON inside JSON', () => {
    for (const text of [JSON.stringify(entry), JSON.stringify(entry, null, 2), JSON.stringify({ body: JSON.stringify(entry) }), JSON.stringify([[entry], entry])]) {
      const payload = payloadOf(text);
      expect(payload).not.toContain(opaque);
      expect(payload).not.toContain(key);
    }
  });

  it('when the line is cut anywhere', () => {
    const text = JSON.stringify(entry);
    for (let length = 0; length < text.length; length += 1) {
      const payload = payloadOf(text.slice(0, length));
      // Ten characters are enough to know a secret again.
      for (let at = 0; at + 10 <= opaque.length; at += 1) expect(payload).not.toContain(opaque.slice(at, at + 10));
    }
  });

  it('when bytes are lost, broken or put in between', () => {
    const text = Buffer.from(`{"path":"/hooks/${key}/x","key":"${opaque}"`);
    fc.assert(fc.property(fc.nat(text.length - 1), fc.constantFrom([0], [0xff], [0xc3], [0xe2, 0x80, 0x8b], [0x1b]), (at, junk) => {
      const payload = payloadOf(Buffer.concat([text.subarray(0, at), Buffer.from(junk), text.subarray(at)]));
      expect(payload).not.toContain(key);
      expect(payload).not.toContain(key.slice(20));
      expect(payload).not.toContain(opaque);
    }));
  });

  it('when its characters are escaped', () => {
    const escape = (text: string) => [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    expect(payloadOf(`{"path":"${escape(`/hooks/${key}`)}`)).not.toContain(key);
    expect(payloadOf(`{"${escape('api_key')}":"${opaque}"`)).not.toContain(opaque);
    expect(payloadOf(`{"${escape('api_key')}":"${escape(opaque)}"}`)).not.toContain(opaque);
  });

  describe('at the place of the key in a line of an access log', () => {
    const hex = createHash('md5').update('a key').digest('hex');
    const line = (status: string, ...extras: string[]) => ['203.0.113.9 - ann [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1"', status, ...extras].join(' ');
    it.each<[string, string]>([
      ['a bad status', line('999 12', '"-" "ua"', `"${hex}"`)], ['no status', line('', '"-" "ua"', `"${hex}"`)], ['a word of no known shape', line('999 12', '"-" "ua"', '"opensesame-now"')],
      ['several texts', line('999 12', '"-" "ua"', '"-"', `"${hex}"`, 'rt=0.2', '"opensesame-now"')], ['no user agent', line('999 12', `"${hex}"`)], ['a line of no known format', `some thing "${hex}"`],
      ['a quote that never ends', line('999 12', '"-" "ua"', `"${hex}`)], ['a scheme', line('999 12', '"-" "ua"', `"Bearer ${hex}"`)], ['escaped quotes before it', line('999 12', '"-" "a \\"b"', `"${hex}"`)],
    ])('with %s', (_name, text) => {
      for (const raw of [text, JSON.stringify({ log: text, stream: 'stdout' }), `{"message":${JSON.stringify(text)},`, JSON.stringify({ log: text }).slice(0, -2)]) {
        const payload = payloadOf(raw);
        for (const secret of [hex, 'opensesame']) expect(payload).not.toContain(secret);
        expect(payload).toContain('fp_');
      }
    });

    it('while the rest of it stays, and it can be read as it was', () => {
      const text = line('999 12', '"https://shop.example/cart" "orders/1.4 (\\"node\\" 20)"', '"198.51.100.7, 203.0.113.9"', '"-"', '"0.023"', 'rt=0.023', 'host="api.example.internal"');
      for (const raw of [text, JSON.stringify({ log: text })]) expect(payloadOf(raw)).toBe(raw);
    });
  });

  it('when it is UTF-16', () => {
    expect(payloadOf(Buffer.from(`{"path":"${key}"}`, 'utf16le'))).not.toContain(key);
  });

  it('where the payload is cut', () => {
    for (let padding = 65_536 - 60; padding < 65_536; padding += 1) {
      const shrinks = `"${'-----BEGIN PRIVATE KEY-----'}${'A'.repeat(padding - 100)}-----END PRIVATE KEY-----",`;
      const payload = payloadOf(`${shrinks.padEnd(padding)}${key} {}`);
      expect(payload).not.toMatch(/kt_live_[0-9A-Za-z]{6}/);
    }
  });
});

describe('a dead letter', () => {
  it('should be valid UTF-8 of at most 8 KiB, with the digest of the line as it came', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('é', '😀', '\u0000', 'a b ').map((unit) => Buffer.from(unit.repeat(9000)))), (bytes) => {
      const raw = Buffer.from(bytes);
      const letter = describeDeadLetter(raw, problem, redactor);
      expect(Buffer.byteLength(letter.payload)).toBeLessThanOrEqual(8192);
      expect(Buffer.from(letter.payload).toString()).toBe(letter.payload);
      expect(letter).toMatchObject({ ...problem, sha256: createHash('sha256').update(raw).digest('hex') });
    }));
  });

  it('should be made quickly from a line of any length', () => {
    const start = performance.now();
    for (const unit of ['a', '{"key":"', '%41', '\\u0041', '"', '\\']) payloadOf(Buffer.from(unit.repeat((10 << 20) / unit.length)));
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('should still show what the line was', () => {
    expect(payloadOf('{"time":"yesterday","path":"/v1/orders","status":200')).toBe('{"time":"yesterday","path":"/v1/orders","status":200');
  });
});
