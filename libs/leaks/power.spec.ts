import { describe, expect, it } from '@jest/globals';
import { severityOfLeak } from './power.js';

describe('the severity of a leak', () => {
  it.each([
    ['a service token, good in every workspace', { kind: 'service_token', environment: 'development', scopes: [] }, 'critical'],
    ['a signing key, which makes users', { kind: 'signing_key', environment: 'development', scopes: [] }, 'critical'],
    ['a key of production', { kind: 'api_key', environment: 'production', scopes: ['orders:read'] }, 'critical'],
    ['a key for everything', { kind: 'workspace_key', environment: 'staging', scopes: ['orders:read', '*'] }, 'critical'],
    ['a key for all of something', { kind: 'api_key', environment: 'staging', scopes: ['orders:*'] }, 'critical'],
    ['a narrow key outside production', { kind: 'api_key', environment: 'staging', scopes: ['orders:read'] }, 'high'],
    ['a workspace key outside production', { kind: 'workspace_key', environment: 'development', scopes: [] }, 'high'],
  ] as const)('of %s', (_, key, severity) => {
    expect(severityOfLeak({ ...key, scopes: [...key.scopes] }, 'active')).toBe(severity);
    expect([severityOfLeak({ ...key, scopes: [...key.scopes] }, 'revoked'), severityOfLeak({ ...key, scopes: [...key.scopes] }, 'expired')]).toEqual(['medium', 'medium']);
  });
});
