import type { KeyInput, Rule } from '../types.js';
import { isDenied, plural, requestsOf } from './activity.js';
import { keyDraft, signsNamed } from './draft.js';

export const userTokenMissing: Rule<KeyInput, Record<string, never>> = {
  id: 'user-token-missing',
  title: 'Public key accepted without a signed user token',
  severity: 'high',
  fires: 'a gateway took a public key without a signed user token though the workspace has enhanced security on',
  why: 'A public key is known to everybody. In this workspace it is worth nothing without a token that says for whom; a gateway that takes it alone lets anybody in.',
  response: 'See which gateway answered and whether it asks for introspection with the user token. Refused calls are as they should be.',
  false_positives: 'Gateways that write `user_token_present` from the wrong header.',
  attack: 'T1190 Exploit Public-Facing Application',
  fields: ['key_id', 'attributes.user_token_present', 'status or outcome', 'registry: kind, enhanced security of the workspace'],
  incident: 'opens',
  lasting: true,
  settings: {},
  decide(input) {
    if (input.key?.kind !== 'public_key' || !input.key.enhanced_security) return [];
    const alone = input.activity.filter((group) => !isDenied(group) && group.outcome !== 'rate_limited' && signsNamed(group, 'user-token').join() === 'absent');
    if (alone.length === 0) return [];
    return [keyDraft(userTokenMissing, input, alone, {
      summary: `${plural(requestsOf(alone), 'call')} with the public key ${input.key.name} and no user token ${requestsOf(alone) === 1 ? 'was' : 'were'} not refused`,
    })];
  },
};
