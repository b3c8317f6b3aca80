import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { revokedKeyUse, type RevokedKeyUseInput } from './revoked-key-use.js';
import { activity, MINUTE, NOON } from './testing.js';

type Key = RevokedKeyUseInput['key'];
const decide = (groups: CallerActivity[], key: Partial<Key> = { revoked_at: NOON }) => revokedKeyUse.decide({
  workspace_id: 'shop', principal: 'orders',
  key: { key_id: 'key-1', name: 'orders-production', revoked_at: null, expires_at: null, replaced_by: null, ...key },
  activity: groups,
}, revokedKeyUse.settings);
const later = NOON + 3 * MINUTE;

describe('revoked-key-use', () => {
  it.each<[string, Partial<CallerActivity>, string]>([
    ['an authorised call', { outcome: 'authorised' }, 'critical'],
    ['a call refused for its scope', { outcome: 'forbidden', refusal_reason: 'insufficient_scope' }, 'critical'],
    ['a call that failed further on', { outcome: 'error' }, 'high'],
    ['a refused call', { outcome: 'unauthorised', refusal_reason: 'revoked' }, 'medium'],
    ['a call refused without a reason', { outcome: 'forbidden' }, 'medium'],
    ['a call the limiter stopped', { outcome: 'rate_limited' }, 'medium'],
    ['an error that says the key was refused', { outcome: 'error', refusal_reason: 'revoked' }, 'medium'],
  ])('reports %s', (_, group, severity) => {
    expect(decide([activity({ at: later, ...group })])).toMatchObject([{ severity, key_id: 'key-1', first_seen: later, last_seen: later }]);
  });

  it.each<[string, Partial<CallerActivity>, string]>([
    ['accepted', { outcome: 'authorised' }, 'high'],
    ['refused', { outcome: 'unauthorised' }, 'low'],
  ])('reports a call with an expired key that was %s', (fate, group, severity) => {
    expect(decide([activity({ at: later, ...group })], { expires_at: NOON })).toMatchObject([{ severity, episode: `key-1:expired:${fate}` }]);
  });

  it.each<[string, CallerActivity[], Partial<Key>]>([
    ['an active key', [activity({ at: later })], {}],
    ['a key that expires later', [activity({ at: later })], { expires_at: later + 1 }],
    ['calls before the revocation', [activity({ at: NOON - 1 })], { revoked_at: NOON }],
    ['a call in the moment of the revocation', [activity({ at: NOON })], { revoked_at: NOON }],
    ['a call accepted while gateways still learn of it', [activity({ at: NOON + 900 })], { revoked_at: NOON }],
    ['no activity', [], { revoked_at: NOON }],
  ])('says nothing of %s', (_, groups, key) => {
    expect(decide(groups, key)).toEqual([]);
  });

  it('tells accepted from refused, and says what replaced the key', () => {
    const drafts = decide([
      activity({ at: later, outcome: 'unauthorised', requests: 4 }), activity({ at: later + MINUTE, address: '203.0.113.9' }),
    ], { revoked_at: NOON, replaced_by: 'key-2' });
    expect(drafts.map((draft) => draft.summary)).toEqual([
      '1 call from 1 address with orders-production was accepted, the last 4 minutes after the key was revoked; it was replaced by key-2',
      '4 calls from 1 address with orders-production were refused, the last 3 minutes after the key was revoked; it was replaced by key-2',
    ]);
  });

  it('counts only what is surely later of a group that straddles the revocation', () => {
    const [draft] = decide([activity({
      at: NOON - 20_000, last_time: NOON + 20_000, requests: 40, outcome: 'unauthorised', request_ids: ['a', 'b', 'c', 'd', 'e'],
    })]);
    expect(draft).toMatchObject({ first_seen: NOON + 20_000, evidence: { counts: { refused: 1 }, request_ids: [] } });
  });
});
