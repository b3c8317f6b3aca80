import { describe, expect, it } from '@jest/globals';
import { readConfig, UsageError } from './config.js';

describe('the configuration of the command', () => {
  it('takes the environment, and flags before it', () => {
    const env = { KEYTRAIL_URL: 'http://10.0.0.1:9000', KEYTRAIL_TOKEN: 'of-the-environment' };
    expect(readConfig({}, env)).toEqual({ baseUrl: 'http://10.0.0.1:9000', token: 'of-the-environment' });
    expect(readConfig({ url: 'https://keytrail.example', token: 'of-the-flag' }, env)).toEqual({ baseUrl: 'https://keytrail.example', token: 'of-the-flag' });
  });

  it('looks for a server on this machine when it is told nothing', () => {
    expect(readConfig({ token: 't' }, { KEYTRAIL_URL: '' }).baseUrl).toBe('http://127.0.0.1:8080');
  });

  it('tells all that is wrong at once, and never the token', () => {
    expect(() => readConfig({ url: 'localhost' }, {})).toThrow(UsageError);
    expect(() => readConfig({ url: 'localhost' }, {})).toThrow(
      'KEYTRAIL_URL must be an http or https address\nKEYTRAIL_TOKEN is needed: set it in the environment, or pass --token',
    );
    expect(() => readConfig({ url: 'nonsense', token: 'kt_secret' }, {})).not.toThrow('kt_secret');
  });
});
