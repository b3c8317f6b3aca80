import { describe, expect, it } from '@jest/globals';
import type { FindingDraft } from '../types.js';
import { checkedNetwork, checkedUserAgent, isAllowed, isSuppressed } from './held-back.js';

const draft = (addresses: string[], user_agents: string[] = [], overrides: Partial<FindingDraft> = {}): FindingDraft => ({
  rule_id: 'burst', severity: 'high', title: '', workspace_id: 'shop', key_id: 'k', principal: '', addresses, first_seen: 1_000, last_seen: 2_000, summary: '',
  evidence: { request_ids: [], counts: {}, user_agents }, episode: 'k', ...overrides,
});
const allow = (networks: string[], user_agents: string[] = []) => ({ networks, user_agents });

describe('isAllowed', () => {
  it('holds back what comes from allowed networks only', () => {
    expect(isAllowed(draft(['198.51.100.7', '2001:db8::1']), allow(['198.51.100.0/24', '2001:db8::/32']))).toBe(true);
    expect(isAllowed(draft(['::ffff:198.51.100.7']), allow(['198.51.100.7']))).toBe(true);
  });

  it.each([
    ['a stranger among those who are known', draft(['198.51.100.7', '203.0.113.9'])],
    ['nobody', draft([])],
    ['a name in place of an address', draft(['lambda.amazonaws.com'])],
    ['as many callers as a finding can name: there may be others', draft(Array.from({ length: 50 }, (_, at) => `198.51.100.${at}`))],
  ])('does not hold back what names %s', (_, found) => {
    expect(isAllowed(found, allow(['198.51.100.0/24']))).toBe(false);
  });

  it('knows user agents whole or by their beginning', () => {
    expect(isAllowed(draft(['203.0.113.9'], ['acme-batch/1.2', 'probe']), allow([], ['acme-batch/*', 'probe']))).toBe(true);
    for (const agent of ['evil acme-batch/1', 'prober', '']) expect(isAllowed(draft([], [agent]), allow([], ['acme-batch/*', 'probe']))).toBe(false);
  });

  it('allows nobody where nobody is listed', () => {
    expect(isAllowed(draft(['198.51.100.7'], ['probe']), allow([]))).toBe(false);
  });
});

describe('isSuppressed', () => {
  const window = { workspace_id: 'shop', key_id: null, rule_id: null, from: 1_000, to: 2_000 };
  it('holds back what lies within the window, of the keys and rules it is about', () => {
    expect(isSuppressed(draft([]), window)).toBe(true);
    expect(isSuppressed(draft([]), { ...window, key_id: 'k', rule_id: 'burst' })).toBe(true);
  });

  it.each([
    ['began before', { first_seen: 999 }], ['goes on after', { last_seen: 2_001 }], ['is of another workspace', { workspace_id: 'other' }],
  ])('does not hold back what %s', (_, overrides) => {
    expect(isSuppressed(draft([], [], overrides), window)).toBe(false);
  });

  it('does not hold back other keys and rules', () => {
    expect(isSuppressed(draft([]), { ...window, key_id: 'other' })).toBe(false);
    expect(isSuppressed(draft([]), { ...window, rule_id: 'other' })).toBe(false);
  });
});

describe('what may be allowed', () => {
  it.each(['198.51.100.7', '10.0.0.0/8', '2001:db8::/32', '::1'])('takes %s', (network) => expect(checkedNetwork(network)).toBe(network));
  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/7', 'example.org', '10.0.0.0/33', ''])('refuses %s', (network) => expect(() => checkedNetwork(network)).toThrow(TypeError));
  it.each(['*', 'a*', '   *'])('refuses the user agent %s', (agent) => expect(() => checkedUserAgent(agent)).toThrow(TypeError));
});
