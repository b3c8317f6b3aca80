import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { activity, MINUTE, NOON } from './testing.js';
import { unknownKeyProbing } from './unknown-key-probing.js';

const probe = (i: number, overrides: Partial<CallerActivity> & { at?: number } = {}) => activity({
  key_id: '', principal: '', key_fingerprint: `fp-${i}`, outcome: 'unauthorised', refusal_reason: 'unknown_key', address: '203.0.113.9', ...overrides,
});
const probes = (count: number, each: (i: number) => Partial<CallerActivity> & { at?: number } = () => ({})) =>
  Array.from({ length: count }, (_, i) => probe(i, each(i)));
const decide = (groups: CallerActivity[]) => unknownKeyProbing.decide({ activity: groups }, unknownKeyProbing.settings);

describe('unknown-key-probing', () => {
  it('sees five unknown keys from one address', () => {
    expect(decide(probes(5))).toMatchObject([{
      severity: 'medium', key_id: '', workspace_id: 'shop', addresses: ['203.0.113.9'], episode: '203.0.113.0/24',
      summary: '5 unknown keys tried from 203.0.113.9 in 5 refused calls, up to 5 within 10 minutes',
      evidence: { counts: { fingerprints: 5, requests: 5 }, seen: 5, window_minutes: 10 },
    }]);
  });

  it.each<[string, CallerActivity[]]>([
    ['spread over a /24', probes(5, (i) => ({ address: `203.0.113.${i}` }))],
    ['spread over a /48', probes(5, (i) => ({ address: `2001:db8:7:${i}::1` }))],
    ['spread over ten minutes', probes(5, (i) => ({ at: NOON + i * 2 * MINUTE }))],
    ['refused with 403', probes(5, () => ({ outcome: 'forbidden' }))],
  ])('sees five %s', (_, groups) => {
    expect(decide(groups)).toHaveLength(1);
  });

  it.each<[string, CallerActivity[]]>([
    ['four unknown keys', probes(4)],
    ['one unknown key tried often', probes(20, () => ({ key_fingerprint: 'fp-0' }))],
    ['known keys', probes(20, (i) => ({ key_id: `key-${i}` }))],
    ['keys that were accepted', probes(20, () => ({ outcome: 'authorised' }))],
    ['calls without any key', probes(20, () => ({ key_fingerprint: '' }))],
    ['callers nobody knows the address of', probes(20, () => ({ address: '' }))],
    ['five networks', probes(5, (i) => ({ address: `203.0.${i}.1` }))],
    ['five workspaces', probes(5, (i) => ({ workspace_id: `w${i}` }))],
    ['a slow trickle', probes(5, (i) => ({ at: NOON + i * 3 * MINUTE }))],
  ])('lets pass %s', (_, groups) => {
    expect(decide(groups)).toEqual([]);
  });

  it('rates a search through many keys high, and tells networks apart', () => {
    const drafts = decide([...probes(60), ...probes(5, () => ({ address: 'proxy.example' }))]);
    expect(drafts.map((draft) => [draft.episode, draft.severity])).toEqual([['203.0.113.0/24', 'high'], ['proxy.example', 'medium']]);
  });
});
