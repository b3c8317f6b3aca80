import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { KeyRing, type KeysByVersion } from './key-ring.js';
import { SettingsError } from './settings.js';
import { unwrapSecret, wrapSecret } from './wrap-secret.js';

/** One use of a key; each gets a key of its own through HKDF-SHA256 (RFC 5869). */
export type SecretUse = 'api-key-digest' | 'access-token-digest' | 'session-digest' | 'sign-in-attempt' | 'fingerprint' | 'master-key-check' | 'secret-wrapping' | 'key-version-check' | 'audit-checkpoint' | 'leak-report';

/** Keys beside the master key, which is version 0 of each. */
export interface AddedKeys {
  /** For digests of bearer keys. */
  peppers?: KeysByVersion | undefined;
  /** For secrets that are kept encrypted. */
  wrappingKeys?: KeysByVersion | undefined;
  /** For the signatures of the audit trail's checkpoints. */
  checkpointKeys?: KeysByVersion | undefined;
}

/** What is kept of a bearer key: hex, and the version of the pepper. */
export interface PepperedDigest {
  digest: string;
  pepper_version: number;
}

/** A secret that is kept encrypted, and the version of the wrapping key. */
export interface WrappedSecret {
  wrapped: string;
  wrapping_version: number;
}

/** Keys derived from the master key, the peppers and the wrapping keys. */
export class Secrets {
  readonly peppers: KeyRing;
  readonly wrappingKeys: KeyRing;
  readonly checkpointKeys: KeyRing;
  private readonly derived = new Map<string, Buffer>();

  constructor(private readonly masterKey: Buffer, added: AddedKeys = {}) {
    if (masterKey.length < 32) throw new Error('the master key must have at least 32 bytes');
    this.peppers = new KeyRing(masterKey, added.peppers);
    this.wrappingKeys = new KeyRing(masterKey, added.wrappingKeys);
    this.checkpointKeys = new KeyRing(masterKey, added.checkpointKeys);
  }

  /** 32 bytes of the master key for one use. */
  keyFor(use: SecretUse): Buffer {
    return this.derive(use, use, () => this.masterKey);
  }

  /** HMAC-SHA256 of a secret under the master key's key of one use, as hex. */
  digest(use: SecretUse, secret: string): string {
    return hmacHex(this.keyFor(use), secret);
  }

  /** The digest of a bearer key under the newest pepper, or under the one of `version`. */
  pepper(secret: string, version = this.peppers.newest): PepperedDigest {
    const key = this.derive(`pepper ${version}`, 'api-key-digest', () => this.peppers.get(version));
    return { digest: hmacHex(key, secret), pepper_version: version };
  }

  /** Whether a digest that is kept is that of a secret, in constant time. */
  matches(kept: PepperedDigest, secret: string): boolean {
    return sameDigest(this.pepper(secret, kept.pepper_version).digest, kept.digest);
  }

  /** Encrypts a secret under the newest wrapping key. `boundTo` says where it belongs: elsewhere it cannot be decrypted. */
  wrap(secret: string, boundTo: string): WrappedSecret {
    const wrapping_version = this.wrappingKeys.newest;
    return { wrapped: wrapSecret(this.wrappingKey(wrapping_version), secret, boundTo), wrapping_version };
  }

  /** The secret again. Throws when a bit was changed, or it belongs elsewhere. */
  unwrap(kept: WrappedSecret, boundTo: string): string {
    return unwrapSecret(this.wrappingKey(kept.wrapping_version), kept.wrapped, boundTo);
  }

  /** The 32 bytes that the signing key of the audit trail's checkpoints is made of. Keys it replaced are not needed any more: their public halves are kept. */
  checkpointSeed(): Buffer {
    const { newest } = this.checkpointKeys;
    return this.derive(`checkpoint ${newest}`, 'audit-checkpoint', () => this.checkpointKeys.get(newest));
  }

  /** What tells each pepper and wrapping key from another of the same version, and nothing else of it. */
  versionChecks(): { purpose: 'pepper' | 'wrapping-key'; version: number; key_check: string }[] {
    return ([['pepper', this.peppers], ['wrapping-key', this.wrappingKeys]] as const).flatMap(([purpose, ring]) => ring.versions.map((version) => {
      const key = this.derive(`check ${purpose} ${version}`, 'key-version-check', () => ring.get(version));
      return { purpose, version, key_check: hmacHex(key, purpose) };
    }));
  }

  private wrappingKey(version: number): Buffer {
    return this.derive(`wrapping ${version}`, 'secret-wrapping', () => this.wrappingKeys.get(version));
  }

  private derive(name: string, use: SecretUse, root: () => Buffer): Buffer {
    const key = this.derived.get(name) ?? Buffer.from(hkdfSync('sha256', root(), 'keytrail', use, 32));
    this.derived.set(name, key);
    return key;
  }
}

const hmacHex = (key: Buffer, secret: string) => createHmac('sha256', key).update(secret, 'utf8').digest('hex');

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
