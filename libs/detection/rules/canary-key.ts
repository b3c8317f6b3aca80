import type { KeyInput, Rule } from '../types.js';
import { isDenied, plural, requestsOf } from './activity.js';
import { keyDraft } from './draft.js';

export const canaryKey: Rule<KeyInput, Record<string, never>> = {
  id: 'canary-key',
  title: 'A canary key was used',
  severity: 'critical',
  fires: 'a key that the registry marks as a canary was used, however and by whomever, accepted or refused',
  why: 'Nobody has a reason to use it: it was laid out to be found. Whoever did has been where it lay, and may have found more there.',
  response: 'Look at where the key was laid out: that place is open to somebody. Replace what else lies there, and see what the caller did besides.',
  false_positives: 'A secret scanner of one\'s own that tries what it finds.',
  attack: 'T1552 Unsecured Credentials',
  fields: ['key_id, or the key\'s fingerprint', 'registry: canary'],
  incident: 'opens',
  lasting: true,
  settings: {},
  decide(input) {
    if (input.key?.canary !== true || input.activity.length === 0) return [];
    const accepted = requestsOf(input.activity.filter((group) => !isDenied(group)));
    return [keyDraft(canaryKey, input, input.activity, {
      summary: `${plural(requestsOf(input.activity), 'call')} with the canary ${input.key.name}, ${accepted} of them not refused`, counts: { not_refused: accepted },
    })];
  },
};
