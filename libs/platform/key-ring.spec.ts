import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeyRing, parseKeysByVersion } from './key-ring.js';

const base64 = (bytes = 32) => randomBytes(bytes).toString('base64');

describe('parseKeysByVersion', () => {
  it('reads keys by commas and by lines, in any order', () => {
    const [one, two] = [base64(), base64(64)];
    for (const text of [`1:${one},2:${two}`, `2:${two}\n1:${one}\n`, ` 1:${one} ,\r\n 2:${two}`]) {
      expect([...parseKeysByVersion(text)!].sort()).toEqual([[1, Buffer.from(one, 'base64')], [2, Buffer.from(two, 'base64')]]);
    }
  });

  it.each([
    ['nothing', ''], ['a key without a version', base64()], ['version 0, which is the master key', `0:${base64()}`], ['a version that is no number', `a:${base64()}`],
    ['a version twice', `1:${base64()},1:${base64()}`], ['a key that is too short', `1:${base64(31)}`], ['what is not base64', `1:${'!'.repeat(44)}`],
    ['one bad entry among good ones', `1:${base64()},2:x`], ['a version with a leading zero', `01:${base64()}`],
  ])('refuses %s', (_, text) => {
    expect(parseKeysByVersion(text)).toBeUndefined();
  });
});

describe('KeyRing', () => {
  const master = randomBytes(32);

  it('is the master key alone until another is added, and the highest version is the newest', () => {
    expect(new KeyRing(master).newest).toBe(0);
    const ring = new KeyRing(master, new Map([[7, randomBytes(32)], [3, randomBytes(32)]]));
    expect([ring.newest, ring.versions, ring.get(0)]).toEqual([7, [0, 3, 7], master]);
  });

  it('says that a version is missing instead of taking another', () => {
    expect(() => new KeyRing(master).get(1)).toThrow(expect.objectContaining({ status: 503, code: 'key_version_missing' }));
  });
});
