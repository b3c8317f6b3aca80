import { describe, expect, it } from '@jest/globals';
import { changePolicy, policyOf, rotationDue, rotationOfSuccessor } from './rotation.js';

const now = new Date('2026-03-01T12:00:00Z');
const inDays = (days: number, from = now) => new Date(from.getTime() + days * 86_400_000);

describe('policyOf', () => {
  it('proposes half a year for secrets, and takes what the workspace says instead', () => {
    expect(policyOf({})).toEqual({ api_key: 180, workspace_key: 180, public_key: 365, signing_key: 365 });
    expect(policyOf({ api_key: 30 })).toMatchObject({ api_key: 30, workspace_key: 180 });
  });
});

describe('changePolicy', () => {
  it('changes the kinds that are named, and null takes the say of the workspace back', () => {
    expect(changePolicy({ api_key: 30, public_key: 10 }, { workspace_key: 60, public_key: null, signing_key: undefined })).toEqual({ api_key: 30, workspace_key: 60 });
  });
});

describe('rotationDue', () => {
  it('is what the policy says unless something earlier is asked for', () => {
    expect(rotationDue('api_key', { api_key: 30 }, now, undefined, now)).toEqual({ rotation_due_at: inDays(30), rotation_follows_policy: true });
    expect(rotationDue('api_key', { api_key: 30 }, now, inDays(29).toISOString(), now)).toEqual({ rotation_due_at: inDays(29), rotation_follows_policy: false });
    expect(rotationDue('api_key', { api_key: 30 }, now, inDays(30).toISOString(), now).rotation_due_at).toEqual(inDays(30));
  });

  it.each([
    ['beyond the policy', inDays(31), 'rotation_due_too_late'], ['now', now, 'rotation_due_in_the_past'], ['in the past', inDays(-1), 'rotation_due_in_the_past'],
  ])('is never %s', (_, asked, code) => {
    expect(() => rotationDue('api_key', { api_key: 30 }, now, asked.toISOString(), now)).toThrow(expect.objectContaining({ status: 400, code }));
  });

  it('is after six months for a service token, and twelve at most, whatever workspaces say', () => {
    expect(rotationDue('service_token', {}, now, null, now)).toEqual({ rotation_due_at: inDays(180), rotation_follows_policy: true });
    expect(rotationDue('service_token', {}, now, inDays(365).toISOString(), now).rotation_due_at).toEqual(inDays(365));
    expect(() => rotationDue('service_token', {}, now, inDays(366).toISOString(), now)).toThrow(expect.objectContaining({ code: 'rotation_due_too_late' }));
  });

  it('counts from when the key was made, not from when it is changed', () => {
    expect(rotationDue('api_key', {}, inDays(-200), null, now).rotation_due_at).toEqual(inDays(-20));
    expect(() => rotationDue('api_key', {}, inDays(-200), inDays(1).toISOString(), now)).toThrow(expect.objectContaining({ code: 'rotation_due_too_late' }));
  });
});

describe('rotationOfSuccessor', () => {
  const old = { kind: 'api_key' as const, created_at: inDays(-100), rotation_due_at: inDays(-90), rotation_follows_policy: false };

  it('gives the successor as long as was asked for the old key, and no longer than the policy', () => {
    expect(rotationOfSuccessor(old, {}, now)).toEqual({ rotation_due_at: inDays(10), rotation_follows_policy: false });
    expect(rotationOfSuccessor(old, { api_key: 5 }, now).rotation_due_at).toEqual(inDays(5));
  });

  it('follows the policy where the old key did', () => {
    expect(rotationOfSuccessor({ ...old, rotation_follows_policy: true }, { api_key: 5 }, now)).toEqual({ rotation_due_at: inDays(5), rotation_follows_policy: true });
  });
});
