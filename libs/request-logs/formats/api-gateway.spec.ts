import { describe, expect, it } from '@jest/globals';
import { fixtureValues, redactor, rowsOf } from '../spec-support/fixtures.js';
import { mapApiGateway } from './api-gateway.js';

const entries = fixtureValues('api-gateway.ndjson', 'api-gateway') as [object, object, object, object];
const [envelope] = fixtureValues('api-gateway-subscription.json', 'api-gateway') as [{ logEvents: object[] }];
const rowOf = (entry: unknown) => rowsOf('api-gateway', entry)[0]!;

describe('API Gateway', () => {
  it('should not store the key that a refused caller presented, but its fingerprint', () => {
    const row = rowOf(entries[1]);
    expect(row).toMatchObject({
      key_id: '', key_fingerprint: redactor.fingerprint('made-up-apigw-key-0001'), outcome: 'unauthorised', status: 403, refusal_reason: 'INVALID_API_KEY', address: '2001:db8::8',
      user_agent: 'curl/8.5.0', route: '/orders', path: '/orders', attributes: { error_response_type: 'INVALID_API_KEY', 'error.message': 'Forbidden' },
    });
    expect(JSON.stringify(row)).not.toContain('made-up-apigw-key-0001');
  });

  it('should say what is wrong with an entry, and go on with the next', () => {
    const items = mapApiGateway([7, {}, { ...entries[0], requestTime: 'planted' }, { ...entries[0], status: 'planted' }, entries[0]]);
    expect(items.map((item) => item.problem?.code)).toEqual(['not_an_object', 'invalid_field', 'invalid_field', 'invalid_field', undefined]);
    expect(JSON.stringify(items.map((item) => item.problem))).not.toContain('planted');
  });

  it('should map a request whose values all come as text', () => {
    expect(rowOf(entries[0])).toMatchObject({
      key_id: 'key-apigw-1', key_fingerprint: '', principal: 'orders-service', request_id: '00000000-0000-4000-8000-0000000000a1', time: Date.UTC(2026, 2, 1, 10), outcome: 'authorised',
      refusal_reason: '', method: 'GET', route: '/orders/{id}', path: '/prod/orders/7', status: 200, latency_ms: 23, bytes_in: null, bytes_out: 9982, address: '198.51.100.7',
      user_agent: 'orders/1.4', environment: 'prod',
    });
    expect(rowOf(entries[0]).attributes).toEqual({ extended_request_id: 'AAAAAAAAAAAAAA=', protocol: 'HTTP/1.1', integration_latency: '20', api_id: 'exampleapi' });
  });

  it('should read method and path of an HTTP API from its route key', () => {
    expect(rowOf(entries[2])).toMatchObject({ method: 'GET', path: '/v1/status', route: 'GET /v1/status', time: Date.UTC(2026, 2, 1, 10, 0, 2) });
    expect(rowOf({ ...entries[2], httpMethod: undefined, routeKey: '$connect', eventType: 'CONNECT' })).toMatchObject({ method: 'CONNECT', path: '$connect', route: '$connect' });
  });

  it('should read what an authorizer said, under the full names of the variables', () => {
    expect(rowOf(entries[3])).toMatchObject({ outcome: 'forbidden', refusal_reason: 'The authorizer said no', principal: 'intern', bytes_out: null, address: '198.51.100.10', method: 'DELETE' });
  });

  it.each([['INVALID_SIGNATURE', 'unauthorised'], ['EXPIRED_TOKEN', 'unauthorised'], ['ACCESS_DENIED', 'forbidden'], ['QUOTA_EXCEEDED', 'rate_limited'], ['DEFAULT_5XX', 'forbidden'], ['-', 'forbidden']])(
    'should read %s as %s', (responseType, outcome) => {
      expect(rowOf({ ...entries[3], error: { responseType } }).outcome).toBe(outcome);
    });

  it('should unpack what CloudWatch Logs hands to its subscribers', () => {
    expect(rowsOf('api-gateway', envelope).map(({ request_id, outcome }) => [request_id.slice(-2), outcome])).toEqual([['b1', 'authorised'], ['b2', 'rate_limited']]);
    expect(mapApiGateway({ messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'hello' }] })).toEqual([]);
    const items = mapApiGateway({ logEvents: [null, { message: 'planted' }, { message: '[]' }, ...envelope.logEvents] });
    expect(items.map((item) => item.problem?.code)).toEqual(['invalid_json', 'invalid_json', 'invalid_json', undefined, undefined]);
    expect(JSON.stringify(items)).not.toContain('planted');
  });
});
