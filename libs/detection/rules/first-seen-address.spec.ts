import { describe, expect, it } from '@jest/globals';
import { firstSeenAddress, type FirstSeenAddressInput } from './first-seen-address.js';
import { activity, NOON } from './testing.js';

const DAY = 86_400_000;
const known = (count: number, daysAgo = 30) => Array.from({ length: count }, (_, i) => (
  { network: `198.51.${100 + i}.0/24`, country: 'DE', first_seen: NOON - daysAgo * DAY, requests: 500 }));
const stranger = activity({ address: '203.0.113.9', country: 'DE', requests: 3 });
const decide = (overrides: Partial<FirstSeenAddressInput> = {}) => firstSeenAddress.decide({
  workspace_id: 'shop', key_id: 'key-1', principal: 'orders', credential_kind: 'api_key', key_first_seen: NOON - 30 * DAY,
  known: known(2), activity: [stranger], ...overrides,
}, firstSeenAddress.settings);
const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36';

describe('first-seen-address', () => {
  it('reports a new network of a known country as low', () => {
    expect(decide()).toMatchObject([{
      severity: 'low', addresses: ['203.0.113.9'], episode: 'key-1',
      summary: '3 requests from 1 network never seen before (203.0.113.0/24); the key was known from 2',
      evidence: { counts: { new_networks: 1, known_networks: 2, new_countries: 0 } },
    }]);
  });

  it('reports a new country as medium', () => {
    expect(decide({ activity: [{ ...stranger, country: 'RO' }] })).toMatchObject([{
      severity: 'medium', title: 'Key used from a country it was never seen from',
      summary: '3 requests from 1 network never seen before (203.0.113.0/24), in a new country (RO); the key was known from 2',
    }]);
  });

  it('makes one draft of several new networks', () => {
    const drafts = decide({ activity: [stranger, { ...stranger, address: '192.0.2.1' }, { ...stranger, address: '2001:db8::1' }] });
    expect(drafts).toMatchObject([{ evidence: { counts: { new_networks: 3 } } }]);
    expect(drafts[0]!.addresses).toHaveLength(3);
  });

  it.each<[string, Partial<FirstSeenAddressInput>]>([
    ['a user\'s command line', { credential_kind: 'user', activity: [{ ...stranger, credential_kind: 'user', user_agent: 'aws-cli/2.1 Linux/6' }] }],
    ['a forbidden call', { activity: [{ ...stranger, outcome: 'forbidden' }] }],
    ['a key that gained its networks on its first day', { known: known(15, 30) }],
  ])('counts %s', (_, input) => {
    expect(decide(input)).toHaveLength(1);
  });

  it.each<[string, Partial<FirstSeenAddressInput>]>([
    ['another address of a known network', { activity: [activity({ address: '198.51.100.200' })] }],
    ['a key younger than a day', { key_first_seen: NOON - DAY + 1 }],
    ['a key nothing is known of', { known: [] }],
    ['a key with many networks', { known: known(21) }],
    ['a key that meets new networks all the time', { known: [...known(2), ...known(5, 3)] }],
    ['a public key', { credential_kind: 'public_key' }],
    ['a user\'s browser', { activity: [{ ...stranger, credential_kind: 'user', user_agent: chrome }] }],
    ['a user in the AWS console', { activity: [{ ...stranger, credential_kind: 'user', user_agent: 'console.ec2.amazonaws.com' }] }],
    ['a caller that could not show the key', { activity: [{ ...stranger, outcome: 'unauthorised' }] }],
    ['an unknown address', { activity: [{ ...stranger, address: '' }] }],
    ['no activity', { activity: [] }],
  ])('lets pass %s', (_, input) => {
    expect(decide(input)).toEqual([]);
  });
});
