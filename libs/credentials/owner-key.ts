import { CompactEncrypt, importJWK } from 'jose';
import type { PublicJwk } from '@keytrail/contracts';
import { badRequest } from '@keytrail/platform';

const RSA_MIN_BITS = 2048;

/** How a content key is encrypted to a public key of this type. */
export const sealingAlgorithm = ({ kty }: PublicJwk): 'ECDH-ES+A256KW' | 'RSA-OAEP-256' => (kty === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW');

/** Throws 400 `unusable_public_key` when nothing can be encrypted to the key: found out by doing it. */
export async function assertUsableForSealing(jwk: PublicJwk): Promise<void> {
  const alg = sealingAlgorithm(jwk);
  try {
    if (jwk.kty === 'RSA' && Buffer.from(jwk.n ?? '', 'base64url').length * 8 < RSA_MIN_BITS) throw new Error('too short');
    if (jwk.alg !== undefined && !jwk.alg.startsWith(jwk.kty === 'RSA' ? 'RSA-OAEP' : 'ECDH-ES')) throw new Error('for another algorithm');
    // Whatever else the owner does with the key: here it encrypts.
    const { use, key_ops, alg: named, ...bare } = jwk;
    const key = await importJWK(bare, alg);
    await new CompactEncrypt(new TextEncoder().encode('to try')).setProtectedHeader({ alg, enc: 'A256GCM' }).encrypt(key);
  } catch {
    throw badRequest('unusable_public_key', 'public_key must be an EC, X25519 or RSA key (2048 bits at least) that one can encrypt to.');
  }
}
