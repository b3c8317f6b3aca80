import { describe, expect, it } from '@jest/globals';
import type { AffectedKey, Finding } from '@keytrail/contracts';
import { tellStory, type StoryFacts } from './story.js';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
const key = (overrides: Partial<AffectedKey> = {}): AffectedKey => ({
  key_id: 'key_1', name: 'payments-production', kind: 'api_key', state: 'active', environment: 'production', workspace_id: 'acme',
  owner: { owner_id: 'own_1', name: 'Payments', contact: '#payments' }, replaces: [], replaced_by: null, findings: 1, blast_radius: null, ...overrides,
});
const finding = (overrides: Partial<Finding> = {}): Finding => ({
  finding_id: 'fnd_1', rule_id: 'rate-spike', title: 'Request rate far above what this key does at this hour', severity: 'high', workspace_id: 'acme', key_id: 'key_1', principal: '',
  addresses: ['203.0.113.7'], first_seen: at(0).toISOString(), last_seen: at(30).toISOString(), summary: '600 requests in 1 minute where 10 were expected (60x)',
  evidence: { request_ids: ['r1'], counts: {}, countries: ['NL'] }, incident_id: 'inc_1', detected_at: at(1).toISOString(), not_a_threat: null, ...overrides,
});
const facts = (overrides: Omit<Partial<StoryFacts>, 'incident'> & { incident?: Partial<StoryFacts['incident']> } = {}): StoryFacts => ({
  now: at(60), new_callers: { requests: 600, accepted: 570, refused: 30, failed: 0, bytes_out: 1_234_567, accepted_routes: ['GET /v1/customers', 'GET /v1/orders'] }, ownerLeft: false, escalation: [], evidence: [finding()], findings: 1, keys: [key()], actions: [{ title: 'Revoke payments-production and give its owner a new key', why: 'The old key is refused from the next call on.', call: null }],
  ...overrides,
  incident: {
    first_seen: at(0), last_seen: at(30), owner_name: 'Payments', owner_contact: '#payments', new_addresses: ['203.0.113.7'], agents: ['thief/1.0'], state: 'open', contained_at: null,
    ...overrides.incident,
  },
});

describe('the story of an incident', () => {
  it('says when, what, from where, whose it is, how it stands and what to do first', () => {
    expect(tellStory(facts())).toEqual([
      'This is about the API key payments-production. It began at 2026-03-01 12:00 UTC and went on for 30 minutes, last seen at 2026-03-01 12:30 UTC.',
      'Request rate far above what this key does at this hour (high): 600 requests in 1 minute where 10 were expected (60x).',
      'One caller was not seen with the key before: 203.0.113.7 (NL), calling itself thief/1.0.',
      'From there came 600 calls: 570 accepted, 30 refused. Most of what was accepted went to GET /v1/customers, GET /v1/orders, and the answers held 1.2 MB.',
      'Payments owns it, to be reached at #payments.',
      'payments-production is not revoked yet: whoever holds it can go on.',
      'First thing to do: Revoke payments-production and give its owner a new key. The old key is refused from the next call on.',
    ]);
  });

  it('says what it is about where there is no key: a caller, or neither', () => {
    expect(tellStory(facts({ keys: [] }))[0]).toMatch(/^This is about a caller, not about one key\./);
    expect(tellStory(facts({ keys: [], evidence: [finding({ key_id: '', addresses: [] })] }))[0]).toMatch(/^This is about no one key or caller\./);
  });

  it('says that it goes on while it was seen a moment ago and is not closed', () => {
    expect(tellStory(facts({ now: at(33) }))[0]).toMatch(/and still goes on, last seen at 2026-03-01 12:30 UTC\.$/);
    expect(tellStory(facts({ now: at(33), incident: { state: 'resolved' } }))[0]).toMatch(/went on for 30 minutes/);
  });

  it('says that new callers got nothing', () => {
    const told = tellStory(facts({ new_callers: { requests: 40, accepted: 0, refused: 38, failed: 2, bytes_out: 0, accepted_routes: [] } }));
    expect(told).toContain('From there came 40 calls: 0 accepted, 38 refused, 2 failed.');
  });

  it('tells the gravest finding first, five at most, and how many are left out', () => {
    const evidence = Array.from({ length: 7 }, (_, index) => finding({ finding_id: `fnd_${index}`, title: `Finding ${index}`, severity: index === 6 ? 'critical' : 'low' }));
    const told = tellStory(facts({ evidence, findings: 9 }));
    expect(told[1]).toMatch(/^Finding 6 \(critical\)/);
    expect(told[6]).toBe('4 more findings in the evidence.');
  });

  it('sends to the owner when all callers are known', () => {
    expect(tellStory(facts({ incident: { new_addresses: [] } }))).toContain('Its caller was seen with the key before: ask the owner first.');
  });

  it('says of a key that is not in the registry where to go, and of one that was contained that it was', () => {
    const foreign = tellStory(facts({ keys: [key({ state: null, name: '', owner: null })], incident: { owner_name: null, owner_contact: null } }));
    expect(foreign).toContain('key_1 is not in the registry: it must be disabled where it was issued.');
    expect(foreign).toContain('Nobody is known to own it.');
    const contained = tellStory(facts({ keys: [key({ state: 'revoked' })], incident: { state: 'contained', contained_at: at(40) } }));
    expect(contained).toContain('It is revoked or expired.');
    expect(contained.join(' ')).toContain('It was contained at 2026-03-01 12:40 UTC');
  });

  it('says whom to call when the owner does not answer, or has left', () => {
    const escalation = [{ name: 'On call', contact: '+49 1' }, { name: 'Head of payments', contact: 'head@example.com' }];
    expect(tellStory(facts({ escalation }))).toContain('Payments owns it, to be reached at #payments. Without an answer, call On call at +49 1.');
    expect(tellStory(facts({ escalation, ownerLeft: true }))).toContain('Payments owns it and has left. Call On call at +49 1.');
    expect(tellStory(facts({ ownerLeft: true }))).toContain('Payments owns it and has left. Nobody is named to be asked instead.');
  });

  it('of a closed incident gives nothing to do', () => {
    expect(tellStory(facts({ incident: { state: 'resolved' } })).join(' ')).not.toContain('First thing to do');
  });

  it('holds with nothing but a caller', () => {
    expect(tellStory(facts({ keys: [], actions: [], incident: { owner_name: null, owner_contact: null } }))[0]).toMatch(/^This is about a caller, not about one key\. It began/);
  });
});
