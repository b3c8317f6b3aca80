import type { KeyInput, Rule } from '../types.js';
import { isDenied, plural, requestsOf } from './activity.js';
import { keyDraft } from './draft.js';

export const leakedKeyUse: Rule<KeyInput, Record<string, never>> = {
  id: 'leaked-key-use',
  title: 'A leaked key is in use',
  severity: 'high',
  fires: 'a key was used after it was reported as leaked; medium when all was refused',
  why: 'Its secret is in other hands. From the report on every call may be theirs, and its owner\'s calls show that it has not been replaced everywhere.',
  response: 'Replace the key. Look at networks it was not used from before the report: those calls are hardly its owner\'s.',
  false_positives: 'The owner\'s own calls until the key is replaced: right to know, and no attack.',
  attack: 'T1552.001 Unsecured Credentials: Credentials In Files',
  fields: ['key_id, or the key\'s fingerprint', 'time', 'reports of leaked secrets'],
  incident: 'opens',
  lasting: true,
  settings: {},
  decide(input) {
    const leakedAt = input.key?.leaked_at ?? null;
    const later = leakedAt === null ? [] : input.activity.filter((group) => group.last_time > leakedAt);
    if (later.length === 0) return [];
    const accepted = requestsOf(later.filter((group) => !isDenied(group)));
    return [keyDraft(leakedKeyUse, input, later, {
      severity: accepted > 0 ? 'high' : 'medium',
      summary: `${plural(requestsOf(later), 'call')} after the leak of ${input.key!.name} was reported, ${accepted} of them not refused`, counts: { not_refused: accepted },
    })];
  },
};
