import { describe, expect, it } from '@jest/globals';
import { putIn, signsOf, type SignedFields } from './signs.js';

const AT = Date.UTC(2026, 0, 5, 12);
const seconds = (offset: number) => String(AT / 1000 + offset);
const signs = (fields: Partial<SignedFields> = {}, exposed: Parameters<typeof signsOf>[1] = []) => signsOf({
  credential_kind: 'api_key', origin: '', referer: '', tenant: '', outcome: 'authorised', refusal_reason: '', attributes: {}, time: AT, ...fields,
}, exposed);

describe('signsOf', () => {
  it('makes none of an ordinary request', () => {
    expect(signs()).toEqual([]);
    expect(signs({ attributes: { region: 'eu' } })).toEqual([]);
  });

  it.each<[string, Partial<SignedFields>, string[]]>([
    ['the origin of a page', { origin: 'https://shop.example' }, ['browser:origin https://shop.example']],
    ['what only browsers send', { attributes: { sec_fetch_site: 'cross-site' } }, ['browser:sec-fetch-site cross-site']],
    ['the site of a referrer, without its path', { referer: 'https://shop.example/cart?id=7' }, ['browser:referer https://shop.example']],
    ['a runtime that the log names', { attributes: { runtime: 'orders-worker' } }, ['runtime:orders-worker']],
    ['a missing user token', { attributes: { user_token_present: 'false' } }, ['user-token:absent']],
    ['a good user token', { attributes: { jwt_alg: 'ES256', jwt_iat: seconds(-60), jwt_exp: seconds(600), jwt_entity_type: 'subscriber', jwt_entity_id: 'sub-7' } },
      ['user-token:present', `mint:sub-7@${seconds(-60)}`]],
    ['an algorithm that must not be', { attributes: { jwt_alg: 'HS256' } }, ['user-token:present', 'token-alg:HS256']],
    ['an expired token', { attributes: { jwt_exp: seconds(-120) } }, ['user-token:present', 'token-expired:authorised']],
    ['a token that lives too long', { attributes: { jwt_iat: seconds(0), jwt_exp: seconds(7200) } }, ['user-token:present', 'token-long:7200']],
    ['a token of another kind of entity', { attributes: { jwt_entity_type: 'admin' } }, ['user-token:present', 'token-entity-type:admin']],
    ['a call refused for another tenant', { outcome: 'forbidden', tenant: 'acme', attributes: { jwt_alg: 'ES256' } }, ['user-token:present', 'tenants:default > acme']],
    ['a refusal that says so itself', { outcome: 'forbidden', refusal_reason: 'tenant_mismatch', tenant: 'acme' }, ['tenants:? > acme']],
  ])('tells %s', (_, fields, expected) => {
    expect(signs(fields)).toEqual(expected);
  });

  it.each<[string, Partial<SignedFields>]>([
    ['a public key, which belongs in browsers', { credential_kind: 'public_key', origin: 'https://shop.example' }],
    ['what logs write for nothing', { origin: '-', referer: '-' }],
  ])('lets pass %s', (_, fields) => {
    expect(signs(fields)).toEqual([]);
  });

  it('tells which field a live secret was in', () => {
    expect(signs({}, [{ field: 'path', fingerprint: `fp_${'a'.repeat(24)}` }])).toEqual([`exposed:path fp_${'a'.repeat(24)}`]);
  });

  it('cuts what is long', () => {
    expect(signs({ origin: `https://${'x'.repeat(500)}` })[0]).toHaveLength(160);
  });
});

describe('putIn', () => {
  const [one, other] = [`fp_${'a'.repeat(24)}`, `fp_${'b'.repeat(24)}`];
  it('finds fingerprints that were not there before', () => {
    expect(putIn('/a?apikey=x', `/a?apikey=${one}`)).toEqual([one]);
    expect(putIn(`/a?apikey=${one}&b=x`, `/a?apikey=${one}&b=${other}`)).toEqual([other]);
    expect(putIn(`/a?apikey=${one}`, `/a?apikey=${one}`)).toEqual([]);
    expect(putIn('/a?token=x', '/a?token=[redacted]')).toEqual([]);
  });
});
