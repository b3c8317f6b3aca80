import type { CallerActivity, KeyFacts, KeyInput } from '../types.js';

/** A Monday noon. */
export const NOON = Date.UTC(2026, 0, 5, 12);
export const MINUTE = 60_000;

/** One group of requests, for specs. `at` is the epoch millisecond of its only or first request. */
export function activity(overrides: Partial<CallerActivity> & { at?: number } = {}): CallerActivity {
  const { at = NOON, ...rest } = overrides;
  return {
    workspace_id: 'shop', key_id: 'key-1', key_fingerprint: 'fp-1', credential_kind: 'api_key', principal: 'orders',
    address: '198.51.100.7', country: 'DE', user_agent: 'orders/1.4', outcome: 'authorised', refusal_reason: '',
    minute: Math.floor(at / MINUTE), requests: 1, first_time: at, last_time: at, request_ids: [`r-${at}`], routes: ['/orders/{id}'],
    methods: ['GET'], environments: [], nodes: ['gw-1'], bytes_out: 0, signs: [], ...rest,
  };
}

/** What a rule about a key is asked with, for specs. */
export const keyInput = (groups: readonly CallerActivity[], key: Partial<KeyFacts> | null = {}): KeyInput => ({
  workspace_id: 'shop', key_id: 'key-1', principal: 'orders', activity: groups,
  key: key === null ? undefined : {
    kind: 'api_key', name: 'orders-production', owner_id: 'own-1', environment: 'production', secret_fingerprint: null, enhanced_security: false, canary: false,
    leaked_at: null, overlap: null, ...key,
  },
});
