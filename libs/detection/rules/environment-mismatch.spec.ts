import { describe, expect, it } from '@jest/globals';
import type { Environment } from '@keytrail/contracts';
import type { CallerActivity } from '../types.js';
import { environmentMismatch } from './environment-mismatch.js';
import { activity, keyInput } from './testing.js';

const decide = (environment: Environment | null, environments: string[], rest: Partial<CallerActivity> = {}) =>
  environmentMismatch.decide(keyInput([activity({ environments, ...rest })], environment === null ? null : { environment }), environmentMismatch.settings);

describe('environment-mismatch', () => {
  it.each<[string, Environment, string[], Partial<CallerActivity>, string]>([
    ['a staging key that production took', 'staging', ['production'], {}, 'high'],
    ['a test key that production took', 'test', ['prod-eu'], {}, 'high'],
    ['a staging key that production refused', 'staging', ['production'], { outcome: 'unauthorised' }, 'low'],
    ['a production key in staging', 'production', ['staging'], {}, 'medium'],
  ])('sees %s', (_, environment, environments, rest, severity) => {
    expect(decide(environment, environments, rest)).toMatchObject([{ severity }]);
  });

  it.each<[string, Environment | null, string[]]>([
    ['a key at home', 'production', ['production']],
    ['a test key in development', 'test', ['dev']],
    ['a name that says nothing', 'production', ['eu-central-1', 'blue', '']],
    ['a gateway that names no environment', 'staging', []],
    ['a key that nobody registered', null, ['production']],
  ])('lets pass %s', (_, environment, environments) => {
    expect(decide(environment, environments)).toEqual([]);
  });
});
