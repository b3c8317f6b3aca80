import { kindRules } from '../kinds.js';
import { DAY_MS, dayOf, type Policy } from './policy.js';

/** A quarter: what runs once a quarter is used. */
export const UNUSED_DAYS = 90;

export const unusedKey: Policy = {
  id: 'unused-key', title: 'Unused key',
  why: 'A key that nobody needs can only be stolen. Nobody would notice at once, either.',
  judge({ kind, name, created_at, last_used_at }, now) {
    const isYoung = now.getTime() - created_at.getTime() < UNUSED_DAYS * DAY_MS;
    if (isYoung) return 'kept';
    if (last_used_at === undefined) return 'unknown';
    // Use that was logged before the key was made (clocks differ) does not make it older.
    const since = last_used_at === null || last_used_at < created_at ? created_at : last_used_at;
    if (now.getTime() - since.getTime() < UNUSED_DAYS * DAY_MS) return 'kept';
    const summary = last_used_at === null ? `The request logs show no use of the ${kindRules[kind].noun} ${name} since it was made on ${dayOf(created_at)}.`
      : `The request logs show no use of the ${kindRules[kind].noun} ${name} since ${dayOf(since)}.`;
    return { severity: 'warn', since, due_at: null, summary };
  },
};
