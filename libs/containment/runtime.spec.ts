import { describe, expect, it } from '@jest/globals';
import { runtimeOf } from './runtime.js';

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';

describe('the runtime of a caller', () => {
  it.each([
    ['python-requests/2.31.0', { name: 'python-requests', version: '2.31.0', kind: 'program', platform: '' }],
    ['Go-http-client/1.1', { name: 'Go-http-client', version: '1.1', kind: 'program', platform: '' }],
    ['orders/1.4 (node 20.1.0; linux)', { name: 'orders', version: '1.4', kind: 'program', platform: 'node 20.1.0' }],
    ['Boto3/1.28 Python/3.11.4 Linux/5.10', { name: 'Boto3', version: '1.28', kind: 'program', platform: 'Python 3.11.4' }],
    ['aws-sdk-js/3.4 os/linux#5.10 md/nodejs#18.17.0', { name: 'aws-sdk-js', version: '3.4', kind: 'program', platform: 'nodejs 18.17.0' }],
    ['curl', { name: 'curl', version: '', kind: 'program', platform: '' }],
    [CHROME, { name: 'Chrome', version: '120.0.0.0', kind: 'browser', platform: 'Windows 10' }],
    ['', { name: '', version: '', kind: 'unknown', platform: '' }],
    ['   ', { name: '', version: '', kind: 'unknown', platform: '' }],
    ['(nothing)', { name: '', version: '', kind: 'unknown', platform: '' }],
  ] as const)('is read from %j', (agent, runtime) => {
    expect(runtimeOf(agent)).toEqual(runtime);
  });

  it('is read from an agent that is as long as one may be', () => {
    for (const agent of ['a/'.repeat(2048), `Mozilla/5.0 (${'('.repeat(4000)}`, `x ${'node '.repeat(800)}`]) expect(runtimeOf(agent)).toBeDefined();
  });
});
