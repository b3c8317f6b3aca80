import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SettingsError } from './settings.js';

/** One use of the master key; each gets a key of its own through HKDF-SHA256 (RFC 5869). */
export type SecretUse = 'api-key-digest' | 'access-token-digest' | 'fingerprint' | 'master-key-check';

/** Keys derived from the master key. */
export class Secrets {
  private readonly derived = new Map<SecretUse, Buffer>();

  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length < 32) throw new Error('the master key must have at least 32 bytes');
  }

  /** 32 bytes for one use. */
  keyFor(use: SecretUse): Buffer {
    const key = this.derived.get(use) ?? Buffer.from(hkdfSync('sha256', this.masterKey, 'keytrail', use, 32));
    this.derived.set(use, key);
    return key;
  }

  /** HMAC-SHA256 of a secret under the key of one use, as hex. */
  digest(use: SecretUse, secret: string): string {
    return createHmac('sha256', this.keyFor(use)).update(secret, 'utf8').digest('hex');
  }
}

/**
 * How a secret shows in request logs: `fp_` and the first 24 hex digits of its HMAC-SHA256. The registry and the collector must agree on
 * it: a log line is tied to its key by it.
 */
export const fingerprintOf = (fingerprintKey: Buffer, secret: string): string =>
  `fp_${createHmac('sha256', fingerprintKey).update(secret, 'utf8').digest('hex').slice(0, 24)}`;

/** Reads the master key (base64) from a file, or makes one that only its owner may read. */
export function readOrCreateMasterKey(file: string): Buffer {
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length < 32) throw new SettingsError([`KEYTRAIL_MASTER_KEY: ${file} does not hold base64 of at least 32 bytes`]);
  return key;
}

/** Compares two digests in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
