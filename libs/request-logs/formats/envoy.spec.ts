import { describe, expect, it } from '@jest/globals';
import { fixtureValues, redactor, rowsOf } from '../spec-support/fixtures.js';
import { mapEnvoy } from './envoy.js';

const entries = fixtureValues('envoy.ndjson', 'envoy') as [object, object, object, object];
const rowOf = (entry: unknown) => rowsOf('envoy', entry)[0]!;
const change = (fields: object) => rowOf({ ...entries[0], ...fields });

describe('Envoy', () => {
  it('should not store the key that a refused caller presented, but its fingerprint', () => {
    const secret = 'made-up-envoy-key-0001';
    for (const fields of [{}, { 'x-api-key': '-', authorization: `Bearer ${secret}` }, { 'x-api-key': null, '%REQ(AUTHORIZATION)%': secret }]) {
      const row = rowOf({ ...entries[1], ...fields });
      expect(row).toMatchObject({ key_id: '', key_fingerprint: redactor.fingerprint(secret), outcome: 'forbidden', refusal_reason: 'UAEX' });
      expect(JSON.stringify(row)).not.toContain(secret);
    }
  });

  it('should take the caller from the connection, never from X-Forwarded-For', () => {
    expect(change({ downstream_remote_address: '192.0.2.1:443' })).toMatchObject({ address: '192.0.2.1', attributes: { x_forwarded_for: '198.51.100.7, 203.0.113.9' } });
    expect(change({ downstream_remote_address: '-' }).address).toBe('');
    expect(rowOf(entries[1]).address).toBe('2001:db8::8');
  });

  it('should say what is wrong with an entry, and go on with the next', () => {
    const items = mapEnvoy([7, {}, { ...entries[0], start_time: 'planted' }, { ...entries[0], response_code: 'planted' }, entries[0]]);
    expect(items.map((item) => item.problem?.code)).toEqual(['not_an_object', 'invalid_field', 'invalid_field', 'invalid_field', undefined]);
    expect(JSON.stringify(items.map((item) => item.problem))).not.toContain('planted');
  });

  it('should map an accepted request', () => {
    expect(rowOf(entries[0])).toEqual({
      workspace_id: 'production', key_id: 'key-envoy-1', key_fingerprint: '', credential_kind: 'unknown', principal: 'orders-service',
      request_id: '00000000-0000-9000-8000-000000000001', time: Date.UTC(2026, 2, 1, 10, 0, 0, 310), outcome: 'authorised', refusal_reason: '', method: 'GET', route: 'orders',
      path: '/v1/orders/7?limit=10', status: 200, latency_ms: 23, bytes_in: 0, bytes_out: 9982, address: '198.51.100.7', country: '', user_agent: 'orders/1.4 (node 20)',
      origin: '', referer: '', tenant: '', environment: '', gateway_node: '', source: 'http', topic: '', partition: -1, offset: -1, ingested_at: Date.UTC(2026, 2, 2), signs: [],
      attributes: {
        response_code_details: 'via_upstream', protocol: 'HTTP/2', upstream_service_time: '21', x_forwarded_for: '198.51.100.7, 203.0.113.9', authority: 'api.example',
        upstream_host: '10.0.0.7:8080', upstream_cluster: 'outbound|8080||orders.shop.svc.cluster.local', downstream_local_address: '10.0.0.2:8443', requested_server_name: 'api.example',
      },
    });
  });

  it('should keep a request whose caller was gone before there was an answer, and give it an id', () => {
    const row = rowOf(entries[2]);
    expect(row).toMatchObject({ status: 499, outcome: 'error', refusal_reason: 'DC', method: 'GET', path: '/v1/status', user_agent: '', attributes: { response_code: '0', upstream_host: '10.0.0.7:8080' } });
    expect(row.request_id).toMatch(/^derived-[0-9a-f]{32}$/);
    expect(rowOf({ ...entries[2] }).request_id).toBe(row.request_id);
    expect(rowOf({ ...entries[2], '%DURATION%': 5001 }).request_id).not.toBe(row.request_id);
  });

  it.each([['PermissionDenied', 'forbidden'], ['UNAUTHENTICATED', 'unauthorised'], [8, 'rate_limited'], ['8', 'rate_limited'], ['Internal', 'error'], ['OK', 'authorised'], ['-', 'authorised']])(
    'should read what came of a gRPC call answered with 200 and grpc_status %s as %s', (grpc_status, outcome) => {
      expect(rowOf({ ...entries[3], grpc_status })).toMatchObject({ status: 200, outcome });
    });

  it.each([
    ['2026-03-01T10:00:00.310Z', 310], ['2026-03-01T10:00:00.310999999Z', 310], ['2026-03-01T11:00:00,310+0100', 310], ['1772359200.310', 310], [1_772_359_200_310, 310],
    ['1772359200310000', 310], ['1772359200310000000', 310], ['1772359200', 0],
  ])('should read the time %s', (start_time, ms) => {
    expect(change({ start_time }).time).toBe(Date.UTC(2026, 2, 1, 10, 0, 0, ms));
  });
});
