import { describe, expect, it } from '@jest/globals';
import { SignJWT, importJWK, importPKCS8, jwtVerify } from 'jose';
import { Secrets, fingerprintOf, parseBearerKey } from '@keytrail/platform';
import { issuedKinds } from '@keytrail/contracts';
import { isNoBearer, kindRules } from './kinds.js';
import { issueMaterial, placeOf } from './material.js';

const secrets = new Secrets(Buffer.alloc(32, 5));
const place = { key_id: 'key_1', workspace_id: 'acme' };
const issue = (kind: (typeof issuedKinds)[number]) => issueMaterial(kindRules[kind], place, secrets);

describe('issueMaterial', () => {
  it.each(['api_key', 'service_token'] as const)('makes a bearer %s of which a digest is kept', async (kind) => {
    const { shown, bearer, ...kept } = await issue(kind);
    const secret = shown['secret']!;
    expect(parseBearerKey(secret)).toEqual({ valid: true, kind: kindRules[kind].prefix });
    expect(isNoBearer(kindRules[kind].prefix)).toBe(false);
    expect(secrets.matches(bearer!, secret)).toBe(true);
    expect(kept).toEqual({ public_id: null, fingerprint: fingerprintOf(secrets.keyFor('fingerprint'), secret), hint: secret.slice(-4) });
  });

  it('makes a workspace key whose secret can be had back in its place alone', async () => {
    const { shown, public_id, wrapped } = await issue('workspace_key');
    expect(secrets.unwrap(wrapped!, placeOf(place))).toBe(shown['secret']);
    for (const elsewhere of [{ ...place, key_id: 'key_2' }, { ...place, workspace_id: 'other' }]) expect(() => secrets.unwrap(wrapped!, placeOf(elsewhere))).toThrow();
    expect(public_id).toMatch(/^kt_ws_/);
    expect(JSON.stringify(wrapped)).not.toContain(shown['secret']);
    for (const sent of [public_id!, shown['secret']!]) expect(isNoBearer((parseBearerKey(sent) as { kind: string }).kind)).toBe(true);
  });

  it('makes a public key of nothing but an id', async () => {
    const { shown, public_id, bearer, wrapped, jwk } = await issue('public_key');
    expect([shown, bearer, wrapped, jwk]).toEqual([{}, undefined, undefined, undefined]);
    expect(parseBearerKey(public_id!)).toEqual({ valid: true, kind: 'pub' });
  });

  it('makes a signing key that signs what its public half verifies, and keeps nothing of the private one', async () => {
    const { shown, public_id, jwk, ...kept } = await issue('signing_key');
    expect(jwk).toEqual({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: public_id, x: expect.any(String), y: expect.any(String) });
    const pem = shown['private_key_pem']!;
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(Buffer.from(shown['private_key_pem_base64']!, 'base64').toString()).toBe(pem);
    const token = await new SignJWT({ entity_id: 'u1' }).setProtectedHeader({ alg: 'ES256', kid: public_id! }).sign(await importPKCS8(pem, 'ES256'));
    await expect(jwtVerify(token, await importJWK(jwk!, 'ES256'))).resolves.toMatchObject({ payload: { entity_id: 'u1' } });
    expect(JSON.stringify({ jwk, kept })).not.toContain('"d"');
  });

  it('shows once exactly what the rules of the kind say', async () => {
    for (const kind of issuedKinds) expect([kind, Object.keys((await issue(kind)).shown)]).toEqual([kind, [...kindRules[kind].once]]);
  });
});
