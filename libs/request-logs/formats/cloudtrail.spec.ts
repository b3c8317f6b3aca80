import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseBody } from '../parse-body.js';
import { mapCloudTrail } from './cloudtrail.js';

const fixture = readFileSync(new URL('./fixtures/cloudtrail.ndjson', import.meta.url));
const events = [...parseBody(fixture, { format: 'cloudtrail' })].map((item) => item.value as Record<string, unknown>);
const change = (fields: Record<string, unknown>) => mapCloudTrail({ ...events[1], errorCode: undefined, ...fields })[0]!;

describe('CloudTrail', () => {
  it('should say what is wrong with an event, and go on with the next', () => {
    const items = mapCloudTrail({ Records: [null, {}, { ...events[0], '@timestamp': 'yesterday-planted' }, { ...events[0], requestID: 7, eventID: 'planted value' }, events[0]] });
    expect(items.map((item) => item.problem?.code)).toEqual(['not_an_object', 'invalid_field', 'invalid_field', undefined, undefined]);
    expect(JSON.stringify(items.map((item) => item.problem))).not.toContain('planted');
  });

  it('should give an event without any id one made of what it says, the same each time and another for another event', () => {
    const without = (fields: object) => mapCloudTrail({ ...events[1], requestID: undefined, eventID: 'not an id', ...fields })[0]!.line?.request_id;
    expect(without({})).toMatch(/^derived-[0-9a-f]{32}$/);
    expect(without({})).toBe(without({}));
    for (const other of [{ eventTime: '2020-09-14T01:00:35Z' }, { eventName: 'StopInstances' }, { sourceIPAddress: '198.51.100.8' }, { userAgent: 'other' },
      { errorCode: undefined }, { userIdentity: { type: 'IAMUser', accessKeyId: 'AKIAEXAMPLEEXAMPLE02' } }]) expect(without(other)).not.toBe(without({}));
  });

  it('should keep an event whose caller wrote odd or endless texts', () => {
    const { line } = change({ userAgent: `\u0000${'x'.repeat(9000)}`, eventName: 'REST.GET.OBJECT', userIdentity: { type: 'IAMUser', arn: 'a'.repeat(3000), accessKeyId: '' } });
    expect(line).toMatchObject({ method: 'REST_GET_OBJECT', path: '/ec2.amazonaws.com/REST.GET.OBJECT' });
    expect(line!.key_id).toBeUndefined();
    expect(line!.user_agent).toHaveLength(4095);
  });

  it('should read the key of a role used from a laptop, with the shipper\'s time', () => {
    expect(mapCloudTrail(events[0])[0]!.line).toEqual({
      time: '2020-09-14T01:00:33.000Z', request_id: '0000000000000001', key_id: 'ASIAEXAMPLEEXAMPLE01', credential_kind: 'role',
      principal: 'arn:aws:sts::111122223333:assumed-role/example-proxy-role/i-00000000000000001', outcome: 'authorised', status: 200,
      method: 'ListObjects', route: 's3.amazonaws.com', path: '/s3.amazonaws.com/ListObjects', address: '198.51.100.7',
      user_agent: 'aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59', bytes_in: 0, bytes_out: 500, tenant: '111122223333', gateway_node: 'us-east-1',
      attributes: { event_id: '00000000-0000-4000-8000-000000000001', event_type: 'AwsApiCall', identity_type: 'AssumedRole', read_only: true },
    });
  });

  it('should let an AWS service that has no key be found by its name', () => {
    expect(mapCloudTrail(events[2])[0]!.line).toMatchObject({
      key_id: 'service:ec2.amazonaws.com', credential_kind: 'unknown', principal: 'ec2.amazonaws.com', address: 'ec2.amazonaws.com',
      request_id: '00000000-0000-4000-8000-000000000003',
    });
  });

  it('should map files, arrays and single events', () => {
    for (const value of [{ Records: events }, events]) expect(mapCloudTrail(value).filter((item) => item.line)).toHaveLength(3);
    expect(mapCloudTrail({ Records: [] })).toEqual([]);
  });

  it.each([
    ['AccessDenied', 'forbidden', 403], ['AccessDeniedException', 'forbidden', 403], ['Client.UnauthorizedOperation', 'forbidden', 403],
    ['InvalidClientTokenId', 'unauthorised', 401], ['AuthFailure', 'unauthorised', 401], ['SignatureDoesNotMatch', 'unauthorised', 401],
    ['ExpiredTokenException', 'unauthorised', 401], ['UnrecognizedClientException', 'unauthorised', 401], ['Client.InvalidAccessKeyId', 'unauthorised', 401],
    ['ThrottlingException', 'rate_limited', 429], ['TooManyRequestsException', 'rate_limited', 429], ['Client.RequestLimitExceeded', 'rate_limited', 429],
    ['SlowDown', 'rate_limited', 429], ['NoSuchBucket', 'error', 400],
  ])('should read %s as %s', (errorCode, outcome, status) => {
    expect(change({ errorCode }).line).toMatchObject({ outcome, status, refusal_reason: errorCode });
  });

  it('should see a failed sign-in to the console', () => {
    expect(change({ eventName: 'ConsoleLogin', responseElements: { ConsoleLogin: 'Failure' } }).line).toMatchObject({ outcome: 'unauthorised', status: 401 });
  });

  it.each([['IAMUser', 'user'], ['Root', 'user'], ['AssumedRole', 'role'], ['AWSAccount', 'unknown'], [7, 'unknown']])('should take %s for %s', (type, kind) => {
    expect(change({ userIdentity: { type, accessKeyId: 'AKIAEXAMPLEEXAMPLE02' } }).line!.credential_kind).toBe(kind);
  });
});
