import { describe, expect, it } from '@jest/globals';
import { fixtureValues, redactor, rowsOf } from '../spec-support/fixtures.js';
import { mapOcsf } from './ocsf.js';

const events = fixtureValues('ocsf.ndjson', 'ocsf') as [object, object, object];
const rowOf = (event: unknown) => rowsOf('ocsf', event)[0]!;

describe('OCSF', () => {
  it('should not store a key that stands in a header, but its fingerprint', () => {
    const row = rowOf(events[2]);
    expect(row).toMatchObject({
      key_id: '', key_fingerprint: redactor.fingerprint('made-up-ocsf-key-0001'), status: 401, outcome: 'unauthorised', method: 'POST', path: '/v1/orders?dry=1', latency_ms: 3,
      bytes_in: 120, bytes_out: 19, origin: 'https://shop.example', referer: 'https://shop.example/cart', address: '198.51.100.9',
    });
    expect(JSON.stringify(row)).not.toContain('made-up-ocsf-key-0001');
  });

  it('should refuse other classes, say what is wrong with an event, and go on with the next', () => {
    const items = mapOcsf([7, { ...events[0], class_uid: 3002 }, { ...events[0], time: 'planted' }, { class_uid: 6003 }, events[0]]);
    expect(items.map((item) => item.problem?.code)).toEqual(['not_an_object', 'invalid_field', 'invalid_field', 'invalid_field', undefined]);
    expect(items[1]!.problem!.reason).toContain('6003');
    expect(JSON.stringify(items.map((item) => item.problem))).not.toContain('planted');
  });

  it('should map an API activity', () => {
    expect(rowOf(events[0])).toMatchObject({
      key_id: 'AKIAEXAMPLEEXAMPLE03', principal: 'arn:aws:iam::111122223333:user/example', request_id: 'ocsf-request-0001', time: Date.UTC(2026, 2, 1, 10), outcome: 'authorised', status: 200,
      refusal_reason: '', method: 'ListObjects', route: 's3.amazonaws.com', path: '/s3.amazonaws.com/ListObjects', address: '198.51.100.7', user_agent: 'aws-cli/2.15',
      tenant: '111122223333', gateway_node: 'eu-west-1',
    });
    expect(rowOf(events[0]).attributes).toEqual({
      event_id: '00000000-0000-4000-8000-0000000000c1', activity: 'Read', user_type: 'IAMUser', product: 'CloudTrail', 'requestParameters.bucketName': 'example-bucket', is_mfa: 'false',
    });
  });

  it('should read a failure by its error, else by status_id', () => {
    expect(rowOf(events[1])).toMatchObject({ outcome: 'forbidden', status: 403, refusal_reason: 'User is not authorized' });
    expect(rowOf({ ...events[0], status_id: 2, status: 'Failure' })).toMatchObject({ outcome: 'error', status: 400 });
    expect(rowOf({ ...events[0], status_id: 2, status_code: 'ThrottlingException' })).toMatchObject({ outcome: 'rate_limited', status: 429, refusal_reason: 'ThrottlingException' });
    expect(rowOf({ ...events[0], status_id: 2, status_code: '403' })).toMatchObject({ outcome: 'forbidden', status: 403 });
  });

  it('should name the token rather than the user who holds it, and whose it is', () => {
    const api = { operation: 'x', token: { uid: 'token-1', tenant_uid: 'acme' } };
    expect(rowOf({ ...events[0], api })).toMatchObject({ key_id: 'token-1', tenant: 'acme', request_id: '00000000-0000-4000-8000-0000000000c1' });
  });
});
