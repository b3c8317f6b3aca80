import { describe, expect, it } from '@jest/globals';
import type { CredentialRecord } from './credential.js';
import { planReplacement } from './plan-replacement.js';

const now = new Date('2026-03-01T12:00:00Z');
const key = (overrides: Partial<CredentialRecord> = {}): CredentialRecord => ({
  key_id: 'key_1', kind: 'api_key', account_id: 'default', workspace_id: 'acme', environment: 'production', name: 'pay-production', service: 'pay', owner_id: 'own_1', canary: false, authority: 'registry', remote_last_used_at: null,
  owner_name: 'Payments', owner_contact: '#payments', scopes: ['orders:read'], hint: 'abcd', fingerprint: 'fp_1',
  public_id: null, public_jwk: null, rotation_due_at: new Date('2026-07-31T12:00:00Z'), rotation_follows_policy: true,
  created_at: new Date('2026-02-01T12:00:00Z'), created_by: 'token:t', expires_at: null, rotated_at: null, revoked_at: null, revoked_by: null,
  revoke_reason: null, replaces: null, replaced_by: null, ...overrides,
});

describe('planReplacement', () => {
  it('keeps workspace, owner, scopes and name, and says what it replaces', () => {
    expect(planReplacement(key(), {}, now)).toEqual({
      kind: 'api_key', account_id: 'default', workspace_id: 'acme', environment: null, name: 'pay-production', service: 'pay', owner_id: 'own_1',
      scopes: ['orders:read'], expires_at: null, rotation_due_at: new Date('2026-08-28T12:00:00Z'), rotation_follows_policy: true, replaces: 'key_1',
    });
  });

  it('keeps the environment of a key that has no workspace to take it from', () => {
    expect(planReplacement(key({ kind: 'service_token', workspace_id: null, environment: 'staging' }), {}, now)).toMatchObject({ workspace_id: null, environment: 'staging' });
  });

  it('gives the successor the life the old key was meant to have', () => {
    expect(planReplacement(key({ expires_at: new Date('2026-02-11T12:00:00Z') }), {}, now).expires_at).toEqual(new Date('2026-03-11T12:00:00Z'));
  });

  it('lets no successor live beyond the year 9999', () => {
    expect(planReplacement(key({ expires_at: new Date('9999-12-31T23:59:59Z') }), {}, now).expires_at).toEqual(new Date('9999-12-31T23:59:59.999Z'));
  });

  it('refuses a key that somebody else revoked first, and names its successor', () => {
    expect(() => planReplacement(key({ revoked_at: now, replaced_by: 'key_2' }), {}, now))
      .toThrow(expect.objectContaining({ status: 409, code: 'key_revoked', message: expect.stringContaining('key_2') }));
  });
});
