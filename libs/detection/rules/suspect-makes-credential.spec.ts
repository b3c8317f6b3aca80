import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { suspectMakesCredential, type SuspectMakesCredentialSettings } from './suspect-makes-credential.js';
import type { Suspicion } from './suspicion.js';
import { activity, keyInput, NOON } from './testing.js';

const SEEN: Suspicion[] = [{ title: 'Key used from a country it was never seen from', severity: 'medium', at: NOON - 3_600_000 }];
const decide = (groups: CallerActivity[], suspicions = SEEN, settings: Partial<SuspectMakesCredentialSettings> = {}) =>
  suspectMakesCredential.decide({ ...keyInput(groups), suspicions }, { ...suspectMakesCredential.settings, ...settings });

describe('suspect-makes-credential', () => {
  it('sees a suspect key make another one, and says why it is suspect', () => {
    expect(decide([activity({ methods: ['CreateAccessKey', 'ListUsers'], routes: ['iam.amazonaws.com'] }), activity({ methods: ['ListBuckets'] })])).toMatchObject([{
      severity: 'high', evidence: { counts: { requests: 1, not_refused: 1 } },
      summary: 'a key under suspicion (medium: Key used from a country it was never seen from) called CreateAccessKey; 1 of 1 call in the same minutes were not refused',
    }]);
  });

  it('rates what was refused lower', () => {
    expect(decide([activity({ methods: ['AttachUserPolicy'], outcome: 'forbidden' })])).toMatchObject([{ severity: 'medium' }]);
  });

  it('names the gravest of several suspicions', () => {
    expect(decide([activity({ methods: ['CreateUser'] })], [...SEEN, { title: 'worse', severity: 'critical', at: NOON }, ...SEEN])[0]!.summary).toContain('critical: worse');
  });

  it('knows routes of one\'s own that make credentials', () => {
    const routes = ['/v1/api-keys'];
    expect(decide([activity({ methods: ['POST'], routes })], SEEN, { routes })).toHaveLength(1);
    expect(decide([activity({ methods: ['GET'], routes })], SEEN, { routes })).toEqual([]);
  });

  it.each<[string, CallerActivity, Suspicion[]]>([
    ['a key that nothing else was found about', activity({ methods: ['CreateAccessKey'] }), []],
    ['what only reads', activity({ methods: ['ListAccessKeys', 'GetUser'] }), SEEN],
  ])('lets pass %s', (_, group, suspicions) => {
    expect(decide([group], suspicions)).toEqual([]);
  });
});
