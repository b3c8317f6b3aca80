import { CompactEncrypt, importJWK } from 'jose';
import type { PublicJwk } from '@keytrail/contracts';
import { sealingAlgorithm } from '@keytrail/credentials';

/**
 * A JWE (RFC 7516, compact) of what is shown once of a key, as JSON, which only the holder of the private key can read. `kid` names the
 * public key where the owner named it.
 */
export async function sealFor(publicKey: PublicJwk, keyId: string, shown: Readonly<Record<string, string>>): Promise<string> {
  const alg = sealingAlgorithm(publicKey);
  const { use, key_ops, alg: named, ...bare } = publicKey;
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ key_id: keyId, ...shown })))
    .setProtectedHeader({ alg, enc: 'A256GCM', cty: 'application/json', ...(publicKey.kid !== undefined && { kid: publicKey.kid }) })
    .encrypt(await importJWK(bare, alg));
}
