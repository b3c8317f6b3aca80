import { describe, expect, it } from '@jest/globals';
import { workspaceOfLetter, type LetterContext } from './dead-letter-workspace.js';
import { createRedactor } from './redact.js';

const redactor = createRedactor(Buffer.alloc(32, 7));
const secret = `kt_live_${'Ab3'.repeat(12)}`;
const key = { key_id: 'key-of-b', workspace_id: 'b', kind: 'api_key' as const };
const context = (senderWorkspace: string, accepted = ['a', 'b']): LetterContext => ({
  senderWorkspace, redactor,
  acceptsWorkspace: (workspace) => accepted.includes(workspace),
  lookupKey: (id) => (id === key.key_id ? key : undefined),
  resolveKey: (fingerprint) => (fingerprint === redactor.fingerprint(secret) ? key : undefined),
});
const ofText = (text: string, sender: string, accepted?: string[]) => workspaceOfLetter({ raw: Buffer.from(text), value: undefined }, context(sender, accepted));
const ofValue = (value: unknown, sender: string, accepted?: string[]) =>
  workspaceOfLetter({ raw: Buffer.from(JSON.stringify(value)), value }, context(sender, accepted));

describe('the workspace of a dead letter', () => {
  it.each<[string, unknown, string, string]>([
    ['the one it names', { workspace: 'b' }, 'a', 'b'],
    ['none when the sender says none and the line names none', { status: 'x' }, '', ''],
    ['its sender\'s when it names none', { status: 'x' }, 'a', 'a'],
    ['none when nobody knows the one it names', { workspace: 'nowhere' }, 'a', ''],
    ['none when what it names is no text', { workspace: 7 }, 'a', ''],
    ['that of its key', { key_id: key.key_id }, 'a', 'b'],
    ['that of the credential in it', { key: secret }, 'a', 'b'],
    ['that of the key Kong names', { authenticated_entity: { id: key.key_id } }, '', 'b'],
    ['that of the key API Gateway names', { identity: { apiKeyId: key.key_id } }, '', 'b'],
    ['that of the key API Gateway names, flat', { apiKeyId: key.key_id }, '', 'b'],
    ['that of the token OCSF names', { api: { token: { uid: key.key_id } } }, '', 'b'],
    ['that of the credential OCSF names', { actor: { user: { credential_uid: key.key_id } } }, '', 'b'],
    ['the one that all its requests name', [{ workspace: 'b' }, { workspace: 'b' }], 'a', 'b'],
    ['none when its requests are of several', [{ workspace: 'b' }, { workspace: 'a' }], 'a', ''],
    ['none when only some of its requests name another', { Records: [{ workspace: 'b' }, {}] }, 'a', ''],
    ['its sender\'s when it is no object', 42, 'a', 'a'],
  ])('is %s', (_name, value, sender, expected) => {
    expect(ofValue(value, sender)).toBe(expected);
  });

  it('is none where the sender may not write', () => {
    expect(ofValue({ workspace: 'b' }, 'a', ['a'])).toBe('');
    expect(ofText('{"workspace":"b"', 'a', ['a'])).toBe('');
  });

  it.each([
    ['{"workspace" : "b","path":', 'a', 'b'], ['{"workspace":"b', 'a', ''], ['{"workspace":"\\u0062",', 'a', ''], ['{"workspace":', 'a', ''],
    ['{"workspace":"a","workspace":"b"', 'a', ''], ['{"key_id":"key-of-b","path":', 'a', 'b'], ['{"key_id":"other"', 'a', 'a'], ['nonsense', 'a', 'a'],
    ['nonsense', '', ''],
  ])('is read from what is no JSON as far as it goes: %s', (text, sender, expected) => {
    expect(ofText(text, sender)).toBe(expected);
  });
});
