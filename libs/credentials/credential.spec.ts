import { describe, expect, it } from '@jest/globals';
import { issuedKinds } from '@keytrail/contracts';
import { introspectionOf, judgeKey, keyState, presentKey, type CredentialRecord } from './credential.js';

const now = new Date('2026-03-01T12:00:00Z');
const before = new Date('2026-03-01T11:59:59Z');
const after = new Date('2026-03-01T12:00:01Z');
const key = (overrides: Partial<CredentialRecord> = {}): CredentialRecord => ({
  key_id: 'key_1', kind: 'api_key', account_id: 'default', workspace_id: 'acme', environment: 'production', name: 'pay-production', service: 'pay', owner_id: 'own_1', canary: false, authority: 'registry', remote_last_used_at: null,
  owner_name: 'Payments', owner_contact: '#payments', scopes: ['orders:read', 'refunds:*'], hint: 'abcd', fingerprint: 'fp_1', public_id: null, public_jwk: null, created_at: before,
  rotation_due_at: after, rotation_follows_policy: true,
  created_by: 'token:t', expires_at: null, rotated_at: null, revoked_at: null, revoked_by: null, revoke_reason: null, replaces: null,
  replaced_by: null, ...overrides,
});

describe('keyState', () => {
  it.each([
    ['active without an end', {}, 'active'],
    ['active until its end', { expires_at: after }, 'active'],
    ['expired at the very instant', { expires_at: now }, 'expired'],
    ['revoked', { revoked_at: before }, 'revoked'],
    ['revoked, even when expired as well', { revoked_at: before, expires_at: before }, 'revoked'],
  ] as const)('is %s', (_, overrides, state) => {
    expect(keyState(key(overrides), now)).toBe(state);
  });
});

describe('judgeKey', () => {
  it.each([
    ['accepts a live key', {}, {}, undefined],
    ['accepts its own workspace', {}, { workspace: 'acme' }, undefined],
    ['refuses another workspace', {}, { workspace: 'other' }, 'workspace_mismatch'],
    ['accepts any workspace for a key of the account', { workspace_id: null }, { workspace: 'other' }, undefined],
    ['asks a key of the account for its scopes all the same', { workspace_id: null }, { workspace: 'other', scope: 'x' }, 'insufficient_scope'],
    ['accepts a scope it has', {}, { scope: 'orders:read' }, undefined],
    ['accepts what a * covers', {}, { scope: 'refunds:create' }, undefined],
    ['refuses a scope that only begins alike', {}, { scope: 'orders:readwrite' }, 'insufficient_scope'],
    ['refuses a revoked key before anything else', { revoked_at: before }, { workspace: 'other' }, 'revoked'],
    ['refuses an expired key', { expires_at: before }, {}, 'expired'],
  ] as const)('%s', (_, overrides, need, reason) => {
    expect(judgeKey(key(overrides), need, now)).toBe(reason);
  });
});

describe('introspectionOf', () => {
  it('says nothing about a key of another workspace', () => {
    expect(introspectionOf(key(), 'workspace_mismatch')).toEqual({ active: false, reason: 'workspace_mismatch', fingerprint: 'fp_1' });
  });

  it('says of a key of the account that it is good everywhere, and names no workspace', () => {
    const answer = introspectionOf(key({ kind: 'service_token', workspace_id: null }), undefined);
    expect(answer).toMatchObject({ active: true, account_wide: true });
    expect(answer).not.toHaveProperty('workspace_id');
  });

  it('names a refused key, so that the gateway can log it', () => {
    expect(introspectionOf(key(), 'revoked')).toEqual({ active: false, reason: 'revoked', key_id: 'key_1', kind: 'api_key', fingerprint: 'fp_1' });
  });
});

describe('presentKey', () => {
  it('shows neither digest nor secret', () => {
    expect(Object.keys(presentKey({ ...key(), digest: 'x', wrapped: 'x' } as never, now))).not.toEqual(expect.arrayContaining(['digest', 'wrapped']));
  });

  it('shows the id that each kind is named by, and no other', () => {
    const names = { public_id: 'id', public_jwk: { kid: 'id' } as never };
    const shown = (kind: CredentialRecord['kind']) => Object.keys(presentKey(key({ ...names, kind }), now)).filter((name) => ['public_id', 'kid', 'public_jwk'].includes(name));
    expect(issuedKinds.map((kind) => [kind, shown(kind)])).toEqual([
      ['api_key', []], ['service_token', []], ['workspace_key', ['public_id']], ['public_key', ['public_id']], ['signing_key', ['kid', 'public_jwk']],
    ]);
  });
});
