import { describe, expect, it } from '@jest/globals';
import { isFromOwnPage, sessionCookie, sessionSecretOf } from './session-cookie.js';

const secret = 'a'.repeat(43);
const from = (method: string, headers: Record<string, string>, secure = false) => ({ method, headers, secure });

describe('the cookie of a session', () => {
  it('is read by no script, sent by no foreign page, and bound to its host where there is TLS', () => {
    expect(sessionCookie(secret, 60, true)).toBe(`__Host-keytrail_session=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure`);
    expect(sessionCookie(secret, 60, false)).toBe(`keytrail_session=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60`);
  });

  it('is found among others', () => {
    expect(sessionSecretOf(from('GET', { cookie: `theme=dark; keytrail_session=${secret}; x=1` }))).toBe(secret);
    expect(sessionSecretOf(from('GET', { cookie: `__Host-keytrail_session=${secret}` }, true))).toBe(secret);
  });

  it.each([
    ['no cookie', {}], ['another name', { cookie: `xkeytrail_session=${secret}` }], ['a value that is no secret', { cookie: 'keytrail_session=abc' }],
    ['more than a secret', { cookie: `keytrail_session=${secret}b` }],
  ])('is not taken from %s', (_, headers) => {
    expect(sessionSecretOf(from('GET', headers))).toBeUndefined();
  });

  it('without the prefix is not taken over TLS, where a sister host could have set it', () => {
    expect(sessionSecretOf(from('GET', { cookie: `keytrail_session=${secret}` }, true))).toBeUndefined();
  });
});

describe('a request with a cookie', () => {
  it.each([
    ['reads, from this origin', 'GET', { 'sec-fetch-site': 'same-origin' }, true],
    ['reads, typed by a person', 'GET', { 'sec-fetch-site': 'none' }, true],
    ['reads, from a browser that does not say', 'GET', {}, true],
    ['reads, from a sister host', 'GET', { 'sec-fetch-site': 'same-site' }, false],
    ['reads, from a foreign page', 'GET', { 'sec-fetch-site': 'cross-site' }, false],
    ['changes, from this origin with the header', 'POST', { 'sec-fetch-site': 'same-origin', 'keytrail-page': '1' }, true],
    ['changes, with the header, from a browser that does not say', 'DELETE', { 'keytrail-page': '1' }, true],
    ['changes without the header', 'POST', { 'sec-fetch-site': 'same-origin' }, false],
    ['changes without anything', 'PATCH', {}, false],
    ['changes from a foreign page that got the header through', 'POST', { 'sec-fetch-site': 'cross-site', 'keytrail-page': '1' }, false],
    ['changes, as no page of ours does', 'POST', { 'sec-fetch-site': 'none', 'keytrail-page': '1' }, false],
  ])('that %s: %s %j is let through: %s', (_, method, headers, expected) => {
    expect(isFromOwnPage(from(method, headers as Record<string, string>))).toBe(expected);
  });
});
