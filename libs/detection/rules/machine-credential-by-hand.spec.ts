import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { machineCredentialByHand } from './machine-credential-by-hand.js';
import { activity } from './testing.js';

const decide = (...groups: CallerActivity[]) => machineCredentialByHand.decide(
  { workspace_id: 'shop', key_id: 'key-1', activity: groups }, machineCredentialByHand.settings);
const role = 'arn:aws:sts::123456789123:assumed-role/MordorNginxStack-BankingWAFRole-9S3E0UAE1MM0';
const instance: Partial<CallerActivity> = { credential_kind: 'role', principal: `${role}/i-0317f6c6b66ae9c40` };
const token: Partial<CallerActivity> = { credential_kind: 'service_token' };
const laptop = '[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]';

describe('machine-credential-by-hand', () => {
  it.each<[string, Partial<CallerActivity>, string]>([
    ['an instance role\'s key on a laptop', { ...instance, user_agent: laptop }, 'critical'],
    ['an instance role\'s key refused on a laptop', { ...instance, user_agent: laptop, outcome: 'forbidden' }, 'high'],
    ['an instance role\'s key in the console', { ...instance, user_agent: 'console.ec2.amazonaws.com' }, 'critical'],
    ['a container role\'s key on a laptop', { ...instance, principal: `${role}/0123456789abcdef0123456789abcdef`, user_agent: laptop }, 'critical'],
    ['an instance role\'s key in curl', { ...instance, user_agent: 'curl/8.6.0' }, 'medium'],
    ['a service token in Postman', { ...token, user_agent: 'PostmanRuntime/7.39.0' }, 'high'],
    ['a service token in a browser', { ...token, user_agent: 'Mozilla/5.0 (Macintosh) Version/17.5 Safari/605.1.15' }, 'high'],
    ['a service token in curl', { ...token, user_agent: 'curl/8.6.0' }, 'medium'],
  ])('sees %s', (_, group, severity) => {
    expect(decide(activity(group))).toMatchObject([{ severity, key_id: 'key-1', episode: 'key-1' }]);
  });

  it.each<[string, Partial<CallerActivity>]>([
    ['the AWS command line on the instance', { ...instance, user_agent: 'aws-cli/1.18.147 Python/2.7.18 Linux/4.14.193 botocore/1.18.6' }],
    ['a role a person assumed', { credential_kind: 'role', principal: `${role}/pedro`, user_agent: laptop }],
    ['a user in the console', { credential_kind: 'user', principal: 'arn:aws:iam::123456789123:user/pedro', user_agent: 'console.ec2.amazonaws.com' }],
    ['an API key in a browser', { credential_kind: 'api_key', user_agent: 'Mozilla/5.0 (Macintosh) Version/17.5 Safari/605.1.15' }],
    ['a service token of a pipeline', { ...token, user_agent: 'python-requests/2.32.0' }],
    ['a service token without a user agent', { ...token, user_agent: '' }],
  ])('lets pass %s', (_, group) => {
    expect(decide(activity(group))).toEqual([]);
  });

  it('says what, how often and from where', () => {
    expect(decide(
      activity({ ...instance, user_agent: laptop, requests: 9, address: '1.2.3.4' }),
      activity({ ...instance, user_agent: laptop, requests: 2, address: '1.2.3.4', outcome: 'forbidden' }),
      activity({ ...instance, user_agent: 'aws-sdk-java/1.11 Linux/4.9', requests: 70 }),
    )).toMatchObject([{
      principal: instance.principal, addresses: ['1.2.3.4'],
      summary: '11 calls with an instance role\'s key came from aws-cli on macOS at 1 address, 9 of them not refused',
      evidence: { counts: { requests: 11, not_refused: 9 } },
    }]);
  });

  it('leaves out scripts in the networks of the automation, but no browser there', () => {
    const settings = { allowed_tools: [], automation_networks: ['198.51.100.0/24'] };
    const found = (user_agent: string) => machineCredentialByHand.decide({ workspace_id: 'shop', key_id: 'key-1', activity: [activity({ ...token, user_agent })] }, settings);
    expect(found('curl/8.6.0')).toEqual([]);
    expect(found('PostmanRuntime/7.39.0')).toHaveLength(1);
  });

  it('leaves out tools that are allowed', () => {
    expect(machineCredentialByHand.decide(
      { workspace_id: 'shop', key_id: 'key-1', activity: [activity({ ...token, user_agent: 'curl/8.6.0' })] }, { allowed_tools: ['curl'], automation_networks: [] },
    )).toEqual([]);
  });
});
