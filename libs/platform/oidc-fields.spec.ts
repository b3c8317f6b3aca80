import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertFields, oidcFields, oidcOf, readSettings, settingsSchema } from './index.js';

const schema = settingsSchema({ ...oidcFields, KEYTRAIL_PUBLIC_URL: alertFields.KEYTRAIL_PUBLIC_URL });
const whole = {
  KEYTRAIL_OIDC_ISSUER: 'https://id.example.com/realms/x', KEYTRAIL_OIDC_CLIENT_ID: 'keytrail', KEYTRAIL_OIDC_CLIENT_SECRET: 'not-live', KEYTRAIL_OIDC_ROLES: 'soc=responder@a|b, CN=admins=admin',
  KEYTRAIL_PUBLIC_URL: 'https://keytrail.example.com/',
};
const read = (env: Record<string, string>) => oidcOf(readSettings(schema, env));

describe('the settings of an identity provider', () => {
  it('come to a client, its rules and where people come back to', () => {
    expect(read(whole)).toEqual({
      issuer: 'https://id.example.com/realms/x', clientId: 'keytrail', clientSecret: 'not-live', scope: 'openid profile email', roleClaim: 'groups', publicUrl: 'https://keytrail.example.com',
      roles: [{ value: 'soc', role: 'responder', workspaces: ['a', 'b'] }, { value: 'CN=admins', role: 'admin', workspaces: null }],
    });
  });

  it('need not be there', () => {
    expect(read({})).toBeUndefined();
  });

  it('read the secret from a file, and always ask for openid', () => {
    const directory = mkdtempSync(join(tmpdir(), 'keytrail-oidc-'));
    try {
      const file = join(directory, 'secret');
      writeFileSync(file, 'from-a-file\n');
      const { KEYTRAIL_OIDC_CLIENT_SECRET: _, ...rest } = whole;
      expect(read({ ...rest, KEYTRAIL_OIDC_CLIENT_SECRET_FILE: file, KEYTRAIL_OIDC_SCOPES: 'groups' })).toMatchObject({ clientSecret: 'from-a-file', scope: 'openid groups' });
      expect(() => read({ ...rest, KEYTRAIL_OIDC_CLIENT_SECRET_FILE: join(directory, 'nothing') })).toThrow(/KEYTRAIL_OIDC_CLIENT_SECRET_FILE/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    ['plain http to another machine', { KEYTRAIL_OIDC_ISSUER: 'http://id.example.com' }, /KEYTRAIL_OIDC_ISSUER.*https/],
    ['a role for machines', { KEYTRAIL_OIDC_ROLES: 'x=ingest' }, /KEYTRAIL_OIDC_ROLES.*viewer, responder, admin/],
    ['a rule without a role', { KEYTRAIL_OIDC_ROLES: 'soc' }, /KEYTRAIL_OIDC_ROLES/],
    ['a rule for no workspace', { KEYTRAIL_OIDC_ROLES: 'soc=viewer@' }, /KEYTRAIL_OIDC_ROLES/],
    ['two secrets', { KEYTRAIL_OIDC_CLIENT_SECRET_FILE: import.meta.filename }, /KEYTRAIL_OIDC_CLIENT_SECRET/],
    ['scopes with commas and quotes', { KEYTRAIL_OIDC_SCOPES: 'openid "email"' }, /KEYTRAIL_OIDC_SCOPES/],
  ])('refuse %s', (_, change, problem) => {
    expect(() => read({ ...whole, ...change })).toThrow(problem);
  });

  it.each(['KEYTRAIL_OIDC_CLIENT_ID', 'KEYTRAIL_OIDC_ROLES', 'KEYTRAIL_PUBLIC_URL', 'KEYTRAIL_OIDC_ISSUER'] as const)('refuse to be without %s', (name) => {
    const { [name]: _, ...rest } = whole;
    expect(() => read(rest)).toThrow(name);
  });
});
