import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { asCurl } from './as-curl.js';

describe('a request as curl', () => {
  it('leaves host and credential to whoever sends it', () => {
    expect(asCurl({ method: 'GET', path: '/v1/payments?x=1', user_agent: 'curl/8', origin: '', referer: '' }))
      .toBe('curl -X \'GET\' "$HOST"\'/v1/payments?x=1\' \\\n  -H \'User-Agent: curl/8\' \\\n  -H "Authorization: Bearer $KEY"');
  });

  it('runs nothing that a caller wrote into its request', () => {
    const hostile = `x'; echo hacked; $(echo hacked) \`echo hacked\` "`;
    const command = asCurl({ method: 'GET', path: `/${hostile}`, user_agent: hostile, origin: hostile, referer: hostile });
    const { stdout } = spawnSync('sh', ['-c', command.replace('curl -X', 'printf "%s\\n"')], { encoding: 'utf8', env: { HOST: 'https://example.com', KEY: 'k' } });
    expect(stdout.split('\n')).toContain(`https://example.com/${hostile}`);
    expect(stdout.split('\n')).not.toContain('hacked');
  });
});
