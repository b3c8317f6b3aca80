import { describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { PublicJwk } from '@keytrail/contracts';
import { assertUsableForSealing } from './owner-key.js';

const publicOf = async (alg: string, options: object = {}) => (await exportJWK((await generateKeyPair(alg, { extractable: true, ...options })).publicKey)) as PublicJwk;

describe('the public key of an owner', () => {
  it.each([['ECDH-ES', { crv: 'P-256' }], ['ECDH-ES', { crv: 'P-384' }], ['ECDH-ES', { crv: 'P-521' }], ['ECDH-ES', { crv: 'X25519' }], ['RSA-OAEP-256', { modulusLength: 2048 }]])(
    'may be of %s %j', async (alg, options) => {
      const jwk = await publicOf(alg, options);
      await expect(assertUsableForSealing(PublicJwk.parse(jwk))).resolves.toBeUndefined();
      await expect(assertUsableForSealing(PublicJwk.parse({ ...jwk, use: 'enc', kid: 'mine', key_ops: ['deriveKey'] }))).resolves.toBeUndefined();
    });

  it('must be one that can be encrypted to', async () => {
    const [ec, rsa] = [await publicOf('ECDH-ES', { crv: 'P-256' }), await publicOf('RSA-OAEP-256', { modulusLength: 2048 })];
    const bad: PublicJwk[] = [
      { kty: 'EC' }, { ...ec, x: ec.y! }, { ...ec, crv: 'P-384' }, { ...ec, alg: 'ES256' }, { ...ec, kty: 'RSA' }, { ...rsa, alg: 'RS256' },
      { ...rsa, n: 'AQAB' }, { ...rsa, n: rsa.n!.slice(0, 171) },
    ];
    for (const jwk of bad) await expect(assertUsableForSealing(jwk)).rejects.toMatchObject({ status: 400, code: 'unusable_public_key' });
  });

  it('is never taken with its private half, nor for signatures', async () => {
    const { privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    expect(PublicJwk.safeParse(await exportJWK(privateKey)).success).toBe(false);
    expect(PublicJwk.safeParse({ ...await publicOf('ECDH-ES', { crv: 'P-256' }), use: 'sig' }).success).toBe(false);
    expect(PublicJwk.safeParse({ kty: 'oct', k: 'AAAA' }).success).toBe(false);
  });
});
