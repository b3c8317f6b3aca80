import { describe, expect, it } from '@jest/globals';
import { absorb, openIncident, type Arrival } from './absorb.js';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
const arrival = (finding: Partial<Arrival['finding']> = {}, owner: Arrival['owner'] = null): Arrival => ({
  finding: {
    rule_id: 'rate-spike', severity: 'medium', title: 'Spike', workspace_id: 'acme', key_id: 'key_1', addresses: ['203.0.113.7'], first_seen: at(1),
    last_seen: at(2), ...finding,
  },
  subject: { key_id: 'key_1', key_name: 'pay', principal: '', addresses: [], registered: true, revoked: false },
  owner,
  new_addresses: [], agents: [], fingerprints: [],
});
const open = (first = arrival()) => openIncident('inc_1', first, at(3));

describe('absorb', () => {
  it('takes title and severity from the gravest finding', () => {
    const grave = absorb(open(), arrival({ rule_id: 'denied-burst', severity: 'high', title: 'Denied burst' }), true, at(4));
    expect(grave).toMatchObject({ title: 'Denied burst: pay', severity: 'high', findings: 2, rule_ids: ['rate-spike', 'denied-burst'] });
    expect(absorb(grave, arrival(), true, at(5))).toMatchObject({ title: 'Denied burst: pay', severity: 'high' });
  });

  it('does not count a finding twice that has only grown', () => {
    expect(absorb(open(), arrival({ last_seen: at(9), addresses: ['203.0.113.8'] }), false, at(9)))
      .toMatchObject({ findings: 1, last_seen: at(9), addresses: ['203.0.113.7', '203.0.113.8'] });
  });

  it('prefers an owner from the registry to a principal from the log, and keeps the first', () => {
    const registered = { owner_id: 'own_1', name: 'Payments', contact: '#pay' };
    const fromLog = { owner_id: null, name: 'arn:x', contact: null };
    const incident = open(arrival({}, fromLog));
    expect(absorb(incident, arrival({}, registered), true, at(4))).toMatchObject({ owner_id: 'own_1', owner_name: 'Payments' });
    expect(absorb(open(arrival({}, registered)), arrival({}, fromLog), true, at(4))).toMatchObject({ owner_id: 'own_1' });
    expect(absorb(open(arrival({}, registered)), arrival({}, { ...registered, owner_id: 'own_2' }), true, at(4))).toMatchObject({ owner_id: 'own_1' });
  });

  it('names the key of the gravest finding, and keeps what was new to any key', () => {
    const incident = openIncident('inc_1', { ...arrival(), new_addresses: ['a'] }, at(3));
    const another = { ...arrival({ key_id: 'key_2', severity: 'high' }), new_addresses: ['b'] };
    expect(absorb(incident, another, true, at(4))).toMatchObject({ title_key_id: 'key_2', new_addresses: ['a', 'b'] });
    expect(absorb(incident, arrival({ key_id: 'key_2' }), true, at(4))).toMatchObject({ title_key_id: 'key_1', new_addresses: ['a'] });
  });

  it('weighs what the key can do: a token of the account is graver, a public key milder than the finding', () => {
    const of = (kind: 'service_token' | 'public_key', registered = true): Arrival => ({ ...arrival(), subject: { ...arrival().subject, kind, registered } });
    expect(open(of('service_token')).severity).toBe('high');
    expect(open(of('public_key')).severity).toBe('low');
    expect(open(of('service_token', false)).severity).toBe('medium');
    expect(absorb(open(of('public_key')), arrival(), true, at(4))).toMatchObject({ severity: 'medium', title_key_id: 'key_1' });
  });

  it('bounds what it names', () => {
    const addresses = Array.from({ length: 500 }, (_, index) => `a${index}`);
    expect(absorb(open(), arrival({ addresses }), true, at(4)).addresses).toHaveLength(200);
  });
});
