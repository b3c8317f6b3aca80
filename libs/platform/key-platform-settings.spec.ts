import { describe, expect, it } from '@jest/globals';
import { keyPlatformFields, keyPlatformOf, settingsSchema } from './setting-fields.js';
import type { SettingsError} from './settings.js';
import { readSettings } from './settings.js';

const schema = settingsSchema(keyPlatformFields);
const TOKEN = 'a-token-for-the-platform';
const read = (env: Record<string, string>) => keyPlatformOf(readSettings(schema, env));
const problems = (env: Record<string, string>): string[] => {
  try {
    read(env);
    return [];
  } catch (error) {
    return (error as SettingsError).problems;
  }
};

describe('the settings of a key platform', () => {
  it('are none unless one is named', () => {
    expect(read({})).toBeUndefined();
  });

  it('say where it is, and where its keys belong', () => {
    expect(read({ KEYTRAIL_KEY_PLATFORM_URL: 'https://keys.example.com/base', KEYTRAIL_KEY_PLATFORM_TOKEN: TOKEN, KEYTRAIL_KEY_PLATFORM_WORKSPACES: 'production=shop,staging=shop-staging,other' })).toMatchObject({
      url: 'https://keys.example.com/base', token: TOKEN, workspaces: { byEnvironment: new Map([['production', 'shop'], ['staging', 'shop-staging']]), rest: 'other' }, syncMs: 60_000, timeoutMs: 10_000,
    });
  });

  it('must go together, and no value of them is repeated', () => {
    const url = { KEYTRAIL_KEY_PLATFORM_URL: 'https://keys.example.com' };
    const bad: Record<string, string>[] = [
      url, { KEYTRAIL_KEY_PLATFORM_TOKEN: TOKEN }, { ...url, KEYTRAIL_KEY_PLATFORM_TOKEN: `${TOKEN} ${TOKEN}` }, { ...url, KEYTRAIL_KEY_PLATFORM_TOKEN_FILE: '/nothing/like/this' },
      ...['ftp://keys.example.com', 'https://me:secret@keys.example.com', 'https://keys.example.com?key=1', 'keys'].map((address) => ({ KEYTRAIL_KEY_PLATFORM_URL: address, KEYTRAIL_KEY_PLATFORM_TOKEN: TOKEN })),
      ...['production=shop', 'a,b', 'a b', '=x'].map((places) => ({ ...url, KEYTRAIL_KEY_PLATFORM_TOKEN: TOKEN, KEYTRAIL_KEY_PLATFORM_WORKSPACES: places })),
    ];
    for (const env of bad) {
      expect([env, problems(env).length]).toEqual([env, expect.any(Number)]);
      expect([env, problems(env)]).not.toEqual([env, []]);
      expect(problems(env).join()).not.toContain(TOKEN);
    }
  });
});
