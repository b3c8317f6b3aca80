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
