import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { redactor, rowsOf } from '../spec-support/fixtures.js';
import { detectFormats } from './detect.js';

const page = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
const blockWith = (text: string) => [...page.matchAll(/```\w+\n([^]*?)```/g)].map(([, block]) => block!).find((block) => block.includes(text))!;
const fill = (template: string, variable: RegExp, values: Record<string, string>) => template.replace(variable, (name) => {
  if (values[name] === undefined) throw new Error(`no value for ${name}`);
  return values[name];
});
const secret = 'made-up-documented-key';
const presented = redactor.fingerprint(secret);

/** What a gateway configured as docs/formats.md says would write. */
describe('the gateway configurations of docs/formats.md', () => {
  it('should give a whole row: nginx', () => {
    const template = [...blockWith('log_format keytrail').matchAll(/'(.*?)'/g)].map(([, part]) => part).join('');
    const line = fill(template, /\$\w+/g, {
      $remote_addr: '198.51.100.7', $remote_user: '-', $time_local: '01/Mar/2026:10:00:00 +0000', $request: 'GET /v1/orders HTTP/1.1', $status: '401', $body_bytes_sent: '12', $http_referer: '-',
      $http_user_agent: 'curl/8', $request_id: 'r-1', $msec: '1772359200.123', $request_time: '0.012', $request_length: '100', $http_x_api_key: secret, $http_authorization: '-',
      $http_origin: 'https://shop.example', $http_sec_fetch_site: 'cross-site',
    });
    expect(rowsOf('combined', line)).toMatchObject([{
      request_id: 'r-1', time: 1_772_359_200_123, key_fingerprint: presented, method: 'GET', path: '/v1/orders', status: 401, latency_ms: 12, bytes_in: 100, bytes_out: 12,
      address: '198.51.100.7', user_agent: 'curl/8', origin: 'https://shop.example', attributes: { sec_fetch_site: 'cross-site' },
    }]);
    expect(detectFormats(line)).toEqual(['combined']);
  });

  it('should give a whole row: Apache', () => {
    const template = /LogFormat "(.*)" keytrail/.exec(blockWith('LogFormat'))![1]!.replaceAll('\\"', '"');
    const line = fill(template, /%>?(?:\{[\w-]+\})?\w/g, {
      '%a': '2001:db8::7', '%l': '-', '%u': 'orders', '%t': '[01/Mar/2026:10:00:00 +0000]', '%r': 'GET /v1/orders HTTP/1.1', '%>s': '401', '%b': '12', '%{Referer}i': '-', '%{User-Agent}i': 'curl/8',
      '%{UNIQUE_ID}e': 'YAbc-@1', '%D': '12000', '%{X-API-Key}i': secret,
    });
    expect(rowsOf('combined', line)).toMatchObject([{ request_id: 'YAbc-@1', key_fingerprint: presented, latency_ms: 12, principal: 'orders', address: '2001:db8::7', attributes: {} }]);
  });

  it('should give a whole row: Envoy', () => {
    const entry = Object.fromEntries([...blockWith('json_format').matchAll(/^ {10}(\w+): "(%.*?%)"/gm)].map(([, name, operator]) => [name, fill(operator!, /^.*$/, {
      '%START_TIME%': '2026-03-01T10:00:00.123Z', '%REQ(X-REQUEST-ID)%': 'r-1', '%REQ(:METHOD)%': 'GET', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%': '/v1/orders', '%RESPONSE_CODE%': '403',
      '%RESPONSE_FLAGS%': 'UAEX', '%RESPONSE_CODE_DETAILS%': 'ext_authz_denied', '%ROUTE_NAME%': 'orders', '%DURATION%': '12', '%BYTES_RECEIVED%': '100', '%BYTES_SENT%': '12',
      '%DOWNSTREAM_REMOTE_ADDRESS%': '198.51.100.7:4000', '%REQ(USER-AGENT)%': 'curl/8', '%REQ(ORIGIN)%': 'https://shop.example', '%REQ(REFERER)%': '-', '%REQ(SEC-FETCH-SITE)%': 'cross-site',
      '%REQ(X-API-KEY)%': secret, '%DYNAMIC_METADATA(envoy.filters.http.ext_authz:key_id)%': 'key-1', '%DYNAMIC_METADATA(envoy.filters.http.ext_authz:principal)%': 'orders',
    })]));
    expect(rowsOf('envoy', entry)).toMatchObject([{
      request_id: 'r-1', time: 1_772_359_200_123, key_id: 'key-1', key_fingerprint: presented, principal: 'orders', method: 'GET', path: '/v1/orders', status: 403, outcome: 'forbidden',
      refusal_reason: 'UAEX', route: 'orders', latency_ms: 12, bytes_in: 100, bytes_out: 12, address: '198.51.100.7', user_agent: 'curl/8', origin: 'https://shop.example', referer: '',
    }]);
    expect(rowsOf('envoy', entry)[0]!.attributes).toEqual({ response_flags: 'UAEX', response_code_details: 'ext_authz_denied', sec_fetch_site: 'cross-site' });
    expect(detectFormats(entry)).toEqual(['envoy']);
  });

  it('should give a whole row: API Gateway', () => {
    const line = fill(blockWith('$context.requestId'), /\$context[\w.]+/g, {
      '$context.requestId': 'r-1', '$context.requestTimeEpoch': '1772359200123', '$context.identity.sourceIp': '198.51.100.7', '$context.identity.apiKeyId': 'key-1',
      '$context.authorizer.principalId': 'orders', '$context.authorizer.error': '-', '$context.error.responseType': 'ACCESS_DENIED', '$context.httpMethod': 'GET', '$context.path': '/prod/orders/7',
      '$context.resourcePath': '/orders/{id}', '$context.status': '403', '$context.responseLength': '12', '$context.responseLatency': '12', '$context.identity.userAgent': 'curl/8', '$context.stage': 'prod',
    });
    expect(rowsOf('api-gateway', JSON.parse(line))).toMatchObject([{
      request_id: 'r-1', time: 1_772_359_200_123, key_id: 'key-1', principal: 'orders', method: 'GET', path: '/prod/orders/7', route: '/orders/{id}', status: 403, outcome: 'forbidden',
      refusal_reason: 'ACCESS_DENIED', latency_ms: 12, bytes_out: 12, address: '198.51.100.7', user_agent: 'curl/8', environment: 'prod', attributes: { error_response_type: 'ACCESS_DENIED' },
    }]);
    expect(detectFormats(JSON.parse(line))).toEqual(['api-gateway']);
  });
});
