import { describe, expect, it } from '@jest/globals';
import { secretInLog } from './secret-in-log.js';
import { activity, keyInput } from './testing.js';

const shown = `fp_${'a'.repeat(24)}`;

describe('secret-in-log', () => {
  it('says in which field it stood, by its fingerprint', () => {
    expect(secretInLog.decide(keyInput([activity({ signs: [`exposed:path ${shown}`] }), activity({ signs: [`exposed:referer ${shown}`] })]), {}))
      .toMatchObject([{ severity: 'medium', summary: `2 calls had a secret that opens something in the field path, referer: ${shown}` }]);
  });

  it('lets pass calls without one', () => {
    expect(secretInLog.decide(keyInput([activity(), activity({ signs: ['browser:origin https://shop.example'] })]), {})).toEqual([]);
  });
});
