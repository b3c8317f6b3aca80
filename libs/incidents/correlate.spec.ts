import { describe, expect, it } from '@jest/globals';
import { correlate, correlationDefaults, escapes, outlives, type AfterContainment, type FindingFacts, type IncidentFacts } from './correlate.js';

const MINUTE = 60_000;
const T = Date.UTC(2026, 2, 1, 12);
const finding = (overrides: Partial<FindingFacts> = {}): FindingFacts => ({
  workspace_id: 'acme', key_id: 'key_1', lineage: [], owner_id: 'own_1', addresses: ['203.0.113.7'], new_addresses: ['203.0.113.7'], agents: [], fingerprints: [], first_seen: T,
  last_seen: T + MINUTE, ...overrides,
});
const incident = (overrides: Partial<IncidentFacts> = {}): IncidentFacts => ({
  incident_id: 'inc_1', workspace_id: 'acme', state: 'open', key_ids: ['key_1'], owner_id: 'own_1', addresses: ['203.0.113.7'],
  new_addresses: [], agents: [], fingerprints: [], first_seen: T, last_seen: T, ...overrides,
});
const decide = (one: FindingFacts, ...incidents: IncidentFacts[]) => correlate(one, incidents, correlationDefaults);

describe('correlate', () => {
  it('joins findings about one key', () => {
    expect(decide(finding({ addresses: [], owner_id: null }), incident())?.because).toBe('it is about the same key key_1');
  });

  it('joins findings about one caller, though the keys differ', () => {
    expect(decide(finding({ key_id: '', owner_id: null }), incident({ owner_id: null }))?.because).toBe('the caller 203.0.113.7 is in both');
  });

  it('joins them when the caller is new to either key, and not when both have used the address for long', () => {
    const other = { key_id: 'key_2', owner_id: 'own_2' };
    expect(decide(finding({ ...other, new_addresses: [] }), incident({ new_addresses: ['203.0.113.7'] }))?.because).toBe('the caller 203.0.113.7 is in both');
    expect(decide(finding({ ...other, new_addresses: [] }), incident())).toBeUndefined();
  });

  it('joins findings about a key that was replaced and about the one in its place', () => {
    expect(decide(finding({ key_id: 'key_2', lineage: ['key_1'], owner_id: null, addresses: [] }), incident())?.because)
      .toBe('key_2 and key_1 are one key, before and after it was replaced');
    expect(decide(finding({ key_id: 'key_2', lineage: ['key_3'], owner_id: null, addresses: [] }), incident())).toBeUndefined();
  });

  it('joins findings about one credential that nobody knows', () => {
    const unknown = finding({ key_id: '', owner_id: null, addresses: [], fingerprints: ['f1', 'f2'] });
    expect(decide(unknown, incident({ key_ids: [], fingerprints: ['f2'] }))?.because).toBe('a credential that nobody knows was presented in both');
    expect(decide(unknown, incident({ key_ids: [], fingerprints: ['f3'] }))).toBeUndefined();
  });

  it('joins callers of one network that is new to both and that call themselves the same, and no others', () => {
    const caller = finding({ key_id: 'key_2', owner_id: null, addresses: ['203.0.113.9'], new_addresses: ['203.0.113.9'], agents: ['thief/1.0'] });
    const other = { new_addresses: ['203.0.113.7'], agents: ['thief/1.0'] };
    expect(decide(caller, incident(other))?.because).toBe('callers from the network 203.0.113.0/24, new to both, call themselves thief/1.0');
    expect(decide(caller, incident({ ...other, agents: ['acme-sdk/1.2'] }))).toBeUndefined();
    expect(decide(caller, incident({ ...other, new_addresses: [] }))).toBeUndefined();
    expect(decide({ ...caller, new_addresses: [] }, incident(other))).toBeUndefined();
    expect(decide({ ...caller, agents: [''] }, incident({ ...other, agents: [''] }))).toBeUndefined();
  });

  it('joins findings about keys of one owner', () => {
    expect(decide(finding({ key_id: 'key_2', addresses: [] }), incident())?.because).toBe('the keys have the same owner');
  });

  it.each([
    ['of another workspace', finding(), incident({ workspace_id: 'other' })],
    ['more than an hour later', finding(), incident({ first_seen: T - 120 * MINUTE, last_seen: T - 61 * MINUTE })],
    ['more than an hour earlier', finding(), incident({ first_seen: T + 62 * MINUTE, last_seen: T + 90 * MINUTE })],
    ['that is resolved', finding(), incident({ state: 'resolved' })],
    ['that was a false positive', finding(), incident({ state: 'false_positive' })],
    ['with nothing in common', finding({ key_id: 'key_2', owner_id: 'own_2', addresses: ['198.51.100.1'] }), incident()],
    ['when neither key nor owner nor caller is known', finding({ key_id: '', owner_id: null, addresses: [] }),
      incident({ key_ids: [''], owner_id: null, addresses: [] })],
  ])('keeps away from an incident %s', (_, one, other) => {
    expect(decide(one, other)).toBeUndefined();
  });

  it('opens a contained incident again for a key that works: one that is new to it, or goes on', () => {
    const after = (overrides: Partial<AfterContainment>) => escapes(1_000, { key_id: 'key_1', key_works: true, new_key: false, last_seen: 1_001, ...overrides });
    expect(after({})).toBe('key_1 still works, and it went on');
    expect(after({ last_seen: 1_000 })).toBeUndefined();
    expect(after({ last_seen: 1_000, new_key: true })).toBe('key_1 is in it too, and still works');
    expect(after({ key_works: false })).toBeUndefined();
    expect(after({ key_id: '', new_key: true })).toBeUndefined();
  });

  it('still joins an incident that was acknowledged or contained', () => {
    expect(decide(finding(), incident({ state: 'acknowledged' }))?.incident_id).toBe('inc_1');
    expect(decide(finding(), incident({ state: 'contained' }))?.incident_id).toBe('inc_1');
  });

  it('prefers the same key to the same caller to the same owner, whatever the order', () => {
    const byOwner = incident({ incident_id: 'inc_owner', key_ids: ['key_9'], addresses: [] });
    const byCaller = incident({ incident_id: 'inc_caller', key_ids: ['key_8'], owner_id: null });
    const byKey = incident({ incident_id: 'inc_key', addresses: [], owner_id: null });
    expect(decide(finding(), byOwner, byCaller, byKey)?.incident_id).toBe('inc_key');
    expect(decide(finding(), byKey, byCaller, byOwner)?.incident_id).toBe('inc_key');
    expect(decide(finding(), byOwner, byCaller)?.incident_id).toBe('inc_caller');
  });
});

describe('outlives', () => {
  const HOUR = 60 * MINUTE;
  const RISE = 'its severity rose from low to high';
  it.each<[string, Parameters<typeof outlives>[0]['state'], number, string | undefined, string | undefined]>([
    ['resolved and nothing came after it', 'resolved', 0, undefined, undefined],
    ['resolved and it went on', 'resolved', 1, undefined, 'it went on after that'],
    ['resolved, and logs of before that came late and make it graver', 'resolved', -HOUR, RISE, RISE],
    ['a false positive and it goes on for a day', 'false_positive', 24 * HOUR, undefined, undefined],
    ['a false positive and it goes on for longer', 'false_positive', 24 * HOUR + 1, undefined, 'it still went on a day later'],
    ['a false positive and it becomes graver', 'false_positive', 1, RISE, RISE],
  ])('decides on a closed incident that was %s', (_, state, after, severity_rise, why) => {
    expect(outlives({ state, closed_at: T }, { last_seen: T + after, severity_rise })).toBe(why);
  });
});
