import type { KeyInput, Rule } from '../types.js';
import { isDenied, plural, requestsOf, spanOf } from './activity.js';
import { keyDraft } from './draft.js';

export interface DormantKeyInput extends KeyInput {
  /** When the key was used last before the activity, epoch milliseconds, to the hour; null = never. */
  last_used: number | null;
}

export interface DormantKeySettings { min_days: number }

const DAY = 86_400_000;

export const dormantKey: Rule<DormantKeyInput, DormantKeySettings> = {
  id: 'dormant-key',
  title: 'A key that slept was used again',
  severity: 'medium',
  fires: 'a key was used after 90 days or more without any call; low when it was refused',
  why: 'Nobody misses a key that nobody uses: whoever finds one in an old repository or backup has it to themselves.',
  response: 'Ask the owner who uses it again, and for what. If nobody knows, revoke it.',
  false_positives: 'A job that runs once a year.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'time'],
  incident: 'opens',
  settings: { min_days: 90 },
  decide(input, settings) {
    const span = spanOf(input.activity);
    if (span === null || input.last_used === null) return [];
    const days = Math.floor((span.first_seen - input.last_used) / DAY);
    if (days < settings.min_days) return [];
    const accepted = requestsOf(input.activity.filter((group) => !isDenied(group)));
    return [keyDraft(dormantKey, input, input.activity, {
      severity: accepted > 0 ? 'medium' : 'low',
      summary: `the key was used again after ${plural(days, 'day')} without a call, first in ${plural(requestsOf(input.activity), 'call')}, ${accepted} of them not refused`,
      counts: { silent_days: days, not_refused: accepted },
    })];
  },
};
