import { kindRules } from '../kinds.js';
import { DAY_MS, dayOf, type Policy } from './policy.js';

export const EXPIRING_DAYS = 7;

export const expiringSoon: Policy = {
  id: 'expiring-soon', title: 'Expiring soon',
  why: 'From that moment on its callers are refused. A successor needs to be with them before.',
  judge({ kind, name, expires_at, successor_at }, now) {
    // Its callers are being moved; what is left of it is to end.
    if (expires_at === null || successor_at !== null) return 'kept';
    const since = new Date(expires_at.getTime() - EXPIRING_DAYS * DAY_MS);
    if (now < since) return 'kept';
    return { severity: 'warn', since, due_at: expires_at, summary: `The ${kindRules[kind].noun} ${name} expires on ${dayOf(expires_at)}.` };
  },
};
