import { DAY_MS, type KeyFacts } from './policy.js';

export const now = new Date('2026-06-01T12:00:00Z');
export const inDays = (days: number, from = now) => new Date(from.getTime() + days * DAY_MS);

/** An API key that keeps every policy: ten days old, used today. */
export const goodKey = (fields: Partial<KeyFacts> = {}): KeyFacts => ({
  key_id: 'key_1', kind: 'api_key', name: 'payments-production', service: 'payments', environment: 'production', workspace_id: 'default',
  owner: { owner_id: 'own_1', name: 'Payments', contact: '#payments-oncall', status: 'active', left_at: null },
  created_at: inDays(-10), expires_at: null, rotation_due_at: inDays(170), successor_at: null, last_used_at: now, ...fields,
});
