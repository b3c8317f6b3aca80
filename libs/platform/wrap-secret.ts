import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE = 12;
const TAG = 16;

/**
 * Encrypts a secret with AES-256-GCM under a key of 32 bytes. `boundTo` says where it belongs: elsewhere it cannot be decrypted.
 * Gives nonce, ciphertext and tag as base64.
 */
export function wrapSecret(key: Buffer, secret: string, boundTo: string): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(Buffer.from(boundTo, 'utf8'));
  return Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** The secret again. Throws when a bit was changed, or the key or the place is another. */
export function unwrapSecret(key: Buffer, wrapped: string, boundTo: string): string {
  const bytes = Buffer.from(wrapped, 'base64');
  if (bytes.length < NONCE + TAG) throw new Error('a wrapped secret is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(Buffer.from(boundTo, 'utf8')).setAuthTag(bytes.subarray(-TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8');
}
