import { describe, expect, it } from '@jest/globals';
import type { CallerActivity, KeyFacts } from '../types.js';
import { secretInBrowser } from './secret-in-browser.js';
import { activity, keyInput } from './testing.js';

const decide = (group: Partial<CallerActivity>, key: Partial<KeyFacts> | null = {}, settings = secretInBrowser.settings) =>
  secretInBrowser.decide(keyInput([activity(group)], key), settings);
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('secret-in-browser', () => {
  it.each<[string, Partial<CallerActivity>, Partial<KeyFacts> | null, string]>([
    ['a call from a page', { signs: ['browser:origin https://shop.example'] }, {}, 'high'],
    ['what only browsers send', { signs: ['browser:sec-fetch-site same-origin'] }, {}, 'high'],
    ['a browser with a referrer', { signs: ['browser:referer https://shop.example'], user_agent: firefox }, {}, 'high'],
    ['a service token that the registry does not hold', { signs: ['browser:origin https://shop.example'], credential_kind: 'service_token' }, null, 'high'],
    ['calls that were refused', { signs: ['browser:origin https://shop.example'], outcome: 'unauthorised' }, {}, 'medium'],
  ])('sees %s', (_, group, key, severity) => {
    expect(decide(group, key)).toMatchObject([{ rule_id: 'secret-in-browser', severity, episode: 'key-1' }]);
  });

  it.each<[string, Partial<CallerActivity>, Partial<KeyFacts> | null]>([
    ['a call of a server', {}, {}],
    ['an HTTP client that was redirected', { signs: ['browser:referer https://api.example'], user_agent: 'Go-http-client/2.0' }, {}],
    ['a public key', { signs: ['browser:origin https://shop.example'] }, { kind: 'public_key' }],
    ['a person\'s session', { signs: ['browser:origin https://console.example'], credential_kind: 'user' }, null],
    ['a key of which nobody knows the kind', { signs: ['browser:origin https://shop.example'], credential_kind: 'unknown' }, null],
  ])('lets pass %s', (_, group, key) => {
    expect(decide(group, key)).toEqual([]);
  });

  it('leaves out origins that are allowed', () => {
    const allowed = { allowed_origins: ['https://console.example'] };
    expect(decide({ signs: ['browser:origin https://console.example'] }, {}, allowed)).toEqual([]);
    expect(decide({ signs: ['browser:origin https://evil-console.example'] }, {}, allowed)).toHaveLength(1);
  });
});
