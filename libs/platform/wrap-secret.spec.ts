import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { unwrapSecret, wrapSecret } from './wrap-secret.js';

const key = randomBytes(32);
const secret = 'kt_sec_made-by-this-test';

describe('a wrapped secret', () => {
  it('comes back under its key and in its place, and looks different each time', () => {
    const [one, other] = [wrapSecret(key, secret, 'row 1'), wrapSecret(key, secret, 'row 1')];
    expect([unwrapSecret(key, one, 'row 1'), unwrapSecret(key, other, 'row 1')]).toEqual([secret, secret]);
    expect(one).not.toBe(other);
    expect(Buffer.from(one, 'base64').toString('latin1')).not.toContain('kt_sec');
  });

  it('does not come back under another key, or from another row', () => {
    const wrapped = wrapSecret(key, secret, 'row 1');
    expect(() => unwrapSecret(randomBytes(32), wrapped, 'row 1')).toThrow();
    for (const place of ['row 2', 'row', '', 'row 1 ']) expect(() => unwrapSecret(key, wrapped, place)).toThrow();
  });

  it('does not come back when a single bit was changed or a byte was cut off', () => {
    const bytes = Buffer.from(wrapSecret(key, secret, 'row 1'), 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => unwrapSecret(key, changed.toString('base64'), 'row 1')).toThrow();
    }
    for (let length = 0; length < bytes.length; length += 1) expect(() => unwrapSecret(key, bytes.subarray(0, length).toString('base64'), 'row 1')).toThrow();
  });
});
