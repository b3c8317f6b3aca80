import type { KeyInput, Rule } from '../types.js';
import { distinct, plural, requestsOf } from './activity.js';
import { keyDraft, named, signsNamed } from './draft.js';

export const secretInLog: Rule<KeyInput, Record<string, never>> = {
  id: 'secret-in-log',
  title: 'A live secret stood in request logs',
  severity: 'medium',
  fires: 'a path, route, referrer, origin or user agent held the secret of a registered key, or the very credential that the call was made with; or an attribute (such as a header that is kept) held the secret of another registered key',
  why: 'It was taken out before anything was stored here. What wrote and carried the logs has it in clear, as have proxies, and browsers in their history.',
  response: 'Let the client send the key in a header, then replace the key. Look at who can read the gateway\'s logs.',
  false_positives: 'None is known: a fingerprint of that very secret stands where it stood. Secrets of nobody known here are taken out without a finding.',
  attack: 'T1552.001 Unsecured Credentials: Credentials In Files',
  fields: ['key_id', 'path, route, referer, origin, user_agent or attributes'],
  incident: 'opens',
  lasting: true,
  settings: {},
  decide(input) {
    const open = input.activity.filter((group) => signsNamed(group, 'exposed').length > 0);
    if (open.length === 0) return [];
    const found = distinct(open.flatMap((group) => signsNamed(group, 'exposed')));
    const fields = distinct(found.map((sign) => sign.split(' ')[0]!));
    return [keyDraft(secretInLog, input, open, {
      summary: `${plural(requestsOf(open), 'call')} had a secret that opens something in the field ${named(fields)}: ${named(distinct(found.map((sign) => sign.split(' ')[1] ?? '')))}`,
      counts: { fields: fields.length },
    })];
  },
};
