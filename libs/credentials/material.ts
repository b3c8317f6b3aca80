import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import type { VerificationJwk } from '@keytrail/contracts';
import { fingerprintOf, newBearerKey, type PepperedDigest, type Secrets, type WrappedSecret } from '@keytrail/platform';
import { SIGNING_SECRET_PREFIX, type KindRule } from './kinds.js';

/** What a new key consists of. */
export interface Material {
  /** For the answer, once, and for nothing else. */
  shown: Readonly<Record<string, string>>;
  public_id: string | null;
  fingerprint: string;
  hint: string;
  bearer?: PepperedDigest;
  wrapped?: WrappedSecret & { secret_fingerprint: string };
  jwk?: VerificationJwk;
}

/** Where a wrapped secret belongs: copied to another row, it cannot be decrypted. */
export const placeOf = (key: { key_id: string; workspace_id: string | null }): string => `workspace_key ${key.workspace_id ?? ''} ${key.key_id}`;

/** Makes the material of a new key. */
export async function issueMaterial(rule: KindRule, key: { key_id: string; workspace_id: string | null }, secrets: Secrets): Promise<Material> {
  const fingerprint = (presented: string) => fingerprintOf(secrets.keyFor('fingerprint'), presented);
  const named = (presented: string) => ({ fingerprint: fingerprint(presented), hint: presented.slice(-4) });
  switch (rule.proof) {
    case 'bearer': {
      const secret = newBearerKey(rule.prefix);
      return { shown: { secret }, public_id: null, ...named(secret), bearer: secrets.pepper(secret) };
    }
    case 'signing-secret': {
      const [public_id, secret] = [newBearerKey(rule.prefix), newBearerKey(SIGNING_SECRET_PREFIX)];
      const wrapped = { ...secrets.wrap(secret, placeOf(key)), secret_fingerprint: fingerprint(secret) };
      return { shown: { secret }, public_id, ...named(public_id), wrapped };
    }
    case 'none': {
      const public_id = newBearerKey(rule.prefix);
      return { shown: {}, public_id, ...named(public_id) };
    }
    case 'key-pair': return issueKeyPair(named);
  }
}

async function issueKeyPair(named: (presented: string) => Pick<Material, 'fingerprint' | 'hint'>): Promise<Material> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const { x = '', y = '' } = await exportJWK(publicKey);
  const bare = { kty: 'EC', crv: 'P-256', x, y } as const;
  const kid = await calculateJwkThumbprint(bare);
  const private_key_pem = await exportPKCS8(privateKey);
  return {
    shown: { private_key_pem, private_key_pem_base64: Buffer.from(private_key_pem).toString('base64') },
    public_id: kid, ...named(kid), jwk: { ...bare, kid, alg: 'ES256', use: 'sig' },
  };
}
