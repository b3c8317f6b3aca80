import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { CheckpointKey } from '@keytrail/contracts';

/** An Ed25519 key that signs, and its public half as it is served. */
export interface SigningKey { key: KeyObject; public: CheckpointKey }

/** Public keys that are believed, by their RFC 7638 thumbprint. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

// RFC 8410: what precedes the 32 bytes of an Ed25519 private key in PKCS #8.
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 private key of a 32-byte seed. */
export const privateKeyOfSeed = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });

/** Throws when it is no Ed25519 key. */
export async function signingKeyOf(key: KeyObject): Promise<SigningKey> {
  return { key, public: await describePublicKey(createPublicKey(key)) };
}

async function describePublicKey(key: KeyObject): Promise<CheckpointKey> {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the key is no Ed25519 key');
  const { x = '' } = key.export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x, kid: await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }), alg: 'EdDSA', use: 'sig' };
}

/** Keys of a JSON Web Key, a key set, or PEM with one or more public keys. Throws a `TypeError` when there is no Ed25519 key in it. */
export async function readPublicKeys(text: string): Promise<TrustedKeys> {
  const keys = new Map<string, KeyObject>();
  for (const key of text.includes('-----BEGIN') ? keysOfPem(text) : keysOfJson(text)) {
    if (key.asymmetricKeyType === 'ed25519') keys.set((await describePublicKey(key)).kid, key);
  }
  if (keys.size === 0) throw new TypeError('there is no Ed25519 public key in it (JWK, JWK set or PEM)');
  return keys;
}

function keysOfPem(text: string): KeyObject[] {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  return blocks.flatMap((block) => keyOf(() => createPublicKey(block)));
}

function keysOfJson(text: string): KeyObject[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  const { keys = [parsed] } = (parsed ?? {}) as { keys?: unknown };
  return Array.isArray(keys) ? keys.flatMap((jwk) => keyOf(() => createPublicKey({ key: jwk as never, format: 'jwk' }))) : [];
}

/** A set may hold keys of other kinds. */
function keyOf(read: () => KeyObject): KeyObject[] {
  try {
    return [read()];
  } catch {
    return [];
  }
}
