import type { KeyInput, Rule } from '../types.js';
import { plural, requestsOf } from './activity.js';
import { keyDraft } from './draft.js';

export const workspaceSecretOnWire: Rule<KeyInput, Record<string, never>> = {
  id: 'workspace-secret-on-wire',
  title: 'A workspace key\'s secret was sent',
  severity: 'high',
  fires: 'what a caller presented as a credential was the secret of a workspace key, which only ever signs',
  why: 'The secret is made to sign requests and must never leave its holder. Now every proxy and log on the way may have it.',
  response: 'Replace the key, and make the caller sign its requests instead of sending the secret.',
  false_positives: 'None is known: the secret itself was presented.',
  attack: 'T1552 Unsecured Credentials',
  fields: ['fingerprint of the presented key', 'registry: kind, fingerprint of the secret'],
  incident: 'opens',
  lasting: true,
  settings: {},
  decide(input) {
    const secret = input.key?.secret_fingerprint;
    const sent = secret == null ? [] : input.activity.filter((group) => group.key_fingerprint === secret);
    if (sent.length === 0) return [];
    return [keyDraft(workspaceSecretOnWire, input, sent, {
      summary: `${plural(requestsOf(sent), 'call')} carried the secret of the workspace key ${input.key!.name} itself`,
    })];
  },
};
