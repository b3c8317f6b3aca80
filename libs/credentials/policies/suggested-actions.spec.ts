import { describe, expect, it } from '@jest/globals';
import { PolicyId, issuedKinds } from '@keytrail/contracts';
import { suggestedActions } from './suggested-actions.js';

const registered = { kind: 'api_key' as const, service: 'payments', environment: 'production' as const, owner_id: 'own_1', has_successor: false };
const callsOf = (policy: PolicyId, fields: object = {}) =>
  suggestedActions(policy, { key_id: 'key_1', workspace_id: 'default', registered: { ...registered, ...fields } }).map(({ call }) => call);

describe('suggestedActions', () => {
  it.each(PolicyId.options)('knows a call for %s, for every kind of key, on the path of its kind', (policy) => {
    for (const kind of issuedKinds) {
      const calls = callsOf(policy, { kind });
      expect(calls.length).toBeGreaterThan(0);
      for (const call of calls) expect(call).toMatch(/^(GET|POST|PATCH|DELETE) \/v1\/[a-z-]+/);
      if (kind !== 'api_key') expect(calls.join(' ')).not.toContain('/v1/api-keys/');
    }
  });

  it('has a due key rotated, and a rotation that is under way completed', () => {
    expect(callsOf('rotation-due')[0]).toContain('POST /v1/api-keys/key_1/rotate');
    expect(callsOf('rotation-due', { has_successor: true })).toEqual(['GET /v1/containments?key_id=key_1']);
  });

  it('leads from an owner who left to all of their keys', () => {
    expect(callsOf('owner-left')[1]).toContain('"target":{"owner_id":"own_1"}');
  });

  it('writes what a request log named into no call but as a parameter', () => {
    const [look] = suggestedActions('no-owner', { key_id: 'k&workspace=other#/../', workspace_id: 'default', registered: null });
    expect(new URL(look!.call!.slice(4), 'http://x').searchParams.getAll('workspace')).toEqual(['default']);
    expect(new URL(look!.call!.slice(4), 'http://x').searchParams.get('key_id')).toBe('k&workspace=other#/../');
  });
});
