import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Secrets, readOrCreateMasterKey, sameDigest } from './secrets.js';

describe('Secrets', () => {
  const secrets = new Secrets(Buffer.alloc(32, 7));

  it('digests alike for one key and use, and differently for another of either', () => {
    const digest = secrets.digest('api-key-digest', 'secret');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(new Secrets(Buffer.alloc(32, 7)).digest('api-key-digest', 'secret')).toBe(digest);
    expect(secrets.digest('access-token-digest', 'secret')).not.toBe(digest);
    expect(secrets.digest('fingerprint', 'secret')).not.toBe(digest);
    expect(new Secrets(Buffer.alloc(32, 8)).digest('api-key-digest', 'secret')).not.toBe(digest);
  });

  const withPeppers = (...versions: number[]) => new Secrets(Buffer.alloc(32, 7), { peppers: new Map(versions.map((version) => [version, Buffer.alloc(32, version)])) });

  it('digests bearer keys under the newest pepper, and still knows those of before', () => {
    const old = secrets.pepper('secret');
    expect(old).toEqual({ digest: secrets.digest('api-key-digest', 'secret'), pepper_version: 0 });
    const first = withPeppers(1).pepper('secret');
    expect(first.pepper_version).toBe(1);
    expect(new Set([old.digest, first.digest, withPeppers(1, 2).pepper('secret').digest]).size).toBe(3);
    for (const kept of [old, first]) {
      expect([withPeppers(1, 2).matches(kept, 'secret'), withPeppers(1, 2).matches(kept, 'secreT')]).toEqual([true, false]);
    }
    expect(withPeppers(1).matches({ ...first, pepper_version: 0 }, 'secret')).toBe(false);
    expect(() => secrets.matches(first, 'secret')).toThrow(expect.objectContaining({ code: 'key_version_missing' }));
  });

  const withWrapping = (...versions: number[]) => new Secrets(Buffer.alloc(32, 7), { wrappingKeys: new Map(versions.map((version) => [version, Buffer.alloc(32, version)])) });

  it('wraps secrets under the newest wrapping key, and unwraps those of before', () => {
    const [old, first] = [secrets.wrap('secret', 'here'), withWrapping(1).wrap('secret', 'here')];
    expect([old.wrapping_version, first.wrapping_version]).toEqual([0, 1]);
    for (const kept of [old, first]) expect(withWrapping(1, 2).unwrap(kept, 'here')).toBe('secret');
    expect(() => withWrapping(1).unwrap({ ...first, wrapping_version: 0 }, 'here')).toThrow();
    expect(() => secrets.unwrap(first, 'here')).toThrow(expect.objectContaining({ code: 'key_version_missing' }));
  });

  it('tells a pepper from a wrapping key and from another key of the same version', () => {
    const checks = [secrets, withPeppers(1), withWrapping(1), new Secrets(Buffer.alloc(32, 8))].flatMap((one) => one.versionChecks().map((check) => JSON.stringify(check)));
    expect(checks).toHaveLength(10);
    // Version 0 of the first three is the same master key.
    expect(new Set(checks).size).toBe(6);
  });

  it('refuses a master key that is too short', () => {
    expect(() => new Secrets(randomBytes(31))).toThrow('32 bytes');
  });
});

describe('readOrCreateMasterKey', () => {
  it('makes a key that only its owner may read, and reads the same one from then on', () => {
    const directory = mkdtempSync(join(tmpdir(), 'keytrail-key-'));
    const file = join(directory, 'master.key');
    const made = readOrCreateMasterKey(file);
    expect(made).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readOrCreateMasterKey(file)).toEqual(made);
    writeFileSync(file, '');
    expect(() => new Secrets(readOrCreateMasterKey(file))).toThrow('32 bytes');
    rmSync(directory, { recursive: true });
  });
});

describe('sameDigest', () => {
  it('compares by content, whatever the lengths', () => {
    expect([sameDigest('ab', 'ab'), sameDigest('ab', 'ac'), sameDigest('ab', 'abc'), sameDigest('', '')]).toEqual([true, false, false, true]);
  });
});
