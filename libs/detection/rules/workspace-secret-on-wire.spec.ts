import { describe, expect, it } from '@jest/globals';
import { activity, keyInput } from './testing.js';
import { workspaceSecretOnWire } from './workspace-secret-on-wire.js';

const decide = (key_fingerprint: string, secret_fingerprint: string | null) =>
  workspaceSecretOnWire.decide(keyInput([activity({ key_fingerprint })], { kind: 'workspace_key', secret_fingerprint }), {});

describe('workspace-secret-on-wire', () => {
  it('sees the secret of a workspace key as a credential', () => {
    expect(decide('fp-secret', 'fp-secret')).toMatchObject([{ severity: 'high', summary: '1 call carried the secret of the workspace key orders-production itself' }]);
  });

  it.each([['a signed request', 'fp-public', 'fp-secret'], ['a key without such a secret', 'fp-1', null], ['a call that presented nothing', '', 'fp-secret']])('lets pass %s', (_, presented, secret) => {
    expect(decide(presented, secret)).toEqual([]);
  });

  it('lets pass keys that nobody registered', () => {
    expect(workspaceSecretOnWire.decide(keyInput([activity()], null), {})).toEqual([]);
  });
});
