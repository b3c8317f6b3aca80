import { describe, expect, it } from '@jest/globals';
import { jwtSettingsOf } from './jwt-settings-of.js';

const env = { KEYTRAIL_JWT_ISSUER: 'https://id.example', KEYTRAIL_JWT_AUDIENCE: 'keytrail' };

describe('jwtSettingsOf', () => {
  it('takes no JWT without an issuer', () => {
    expect(jwtSettingsOf({ KEYTRAIL_JWT_AUDIENCE: 'keytrail', KEYTRAIL_JWKS_URL: 'https://id.example/jwks' })).toBeUndefined();
  });

  it('needs the keys of the issuer from exactly one place', () => {
    expect(jwtSettingsOf({ ...env, KEYTRAIL_JWKS_FILE: 'jwks.json' })).toMatchObject({ jwks: { file: 'jwks.json' } });
    expect(jwtSettingsOf({ ...env, KEYTRAIL_JWKS_URL: 'https://id.example/jwks' })).toMatchObject({ jwks: { url: 'https://id.example/jwks' } });
    expect(() => jwtSettingsOf(env)).toThrow('KEYTRAIL_JWKS_URL');
    expect(() => jwtSettingsOf({ ...env, KEYTRAIL_JWKS_FILE: 'a', KEYTRAIL_JWKS_URL: 'https://b.example' })).toThrow('set one');
  });
});
