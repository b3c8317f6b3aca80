import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { listedCaller } from './listed-caller.js';
import { activity, keyInput } from './testing.js';

const decide = (group: Partial<CallerActivity>, networks: string[] = ['203.0.113.0/24', '2001:db8:66::/48', '198.51.100.66']) =>
  listedCaller.decide(keyInput([activity(group)]), { ...listedCaller.settings, networks });

describe('listed-caller', () => {
  it.each<[string, Partial<CallerActivity>, string]>([
    ['an attack tool', { user_agent: 'sqlmap/1.8.2#stable (https://sqlmap.org)' }, 'high'],
    ['one inside a browser\'s name', { user_agent: 'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None)' }, 'high'],
    ['a scanner that tries leaked keys', { user_agent: 'TruffleHog' }, 'high'],
    ['a tool that was refused', { user_agent: 'gobuster/3.6', outcome: 'unauthorised' }, 'medium'],
    ['a listed network', { address: '203.0.113.200' }, 'high'],
    ['a listed network of IPv6', { address: '2001:db8:66::7' }, 'high'],
    ['a listed address', { address: '198.51.100.66' }, 'high'],
  ])('sees %s', (_, group, severity) => {
    expect(decide(group)).toMatchObject([{ severity }]);
  });

  it.each<[string, Partial<CallerActivity>]>([
    ['an ordinary client', {}], ['words that hold the name of a tool', { user_agent: 'hydrate-service/2.0 impacut' }], ['an address beside a listed one', { address: '198.51.100.67' }],
    ['a caller without an address', { address: '' }], ['the name of a service', { address: 'ec2.amazonaws.com' }],
  ])('lets pass %s', (_, group) => {
    expect(decide(group)).toEqual([]);
  });

  it('leaves out what is no network', () => {
    expect(decide({ address: '203.0.113.200' }, ['nonsense', '203.0.113.0/99'])).toEqual([]);
  });
});
