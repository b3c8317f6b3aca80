import { PAGE_HEADER } from '@keytrail/contracts';

/** What a decision needs of a request. Names of headers are in lower case. */
export interface FromBrowser {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether it came over TLS, to this process or to a trusted proxy. */
  secure: boolean;
}

/** The cookie of a session, and the one that lasts from here to the identity provider and back. */
type CookieUse = 'session' | 'sign_in';

/** `__Host-` binds the cookie to this very host and to TLS; browsers refuse the prefix without it. */
const nameOf = (use: CookieUse, secure: boolean) => `${secure ? '__Host-' : ''}keytrail_${use}`;
const SECRET = /^[\w-]{43}$/;
const READING = new Set(['GET', 'HEAD']);

/** What a cookie of ours holds; undefined when there is none. */
export function cookieOf(use: CookieUse, { headers, secure }: Omit<FromBrowser, 'method'>): string | undefined {
  const name = nameOf(use, secure);
  const parts = String(headers['cookie'] ?? '').split(';').map((part) => part.trim().split('='));
  return parts.find(([key]) => key === name)?.[1];
}

/** The secret in the session's cookie; undefined when there is none that looks like one. */
export function sessionSecretOf(from: FromBrowser): string | undefined {
  const value = cookieOf('session', from);
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

/** A Set-Cookie value: no script reads it, and no foreign page makes a browser send it. `seconds` 0 takes it away. */
export const sessionCookie = (secret: string, seconds: number, secure: boolean): string => setCookie('session', secret, 'Strict', seconds, secure);

/** The same for somebody who is on the way to the identity provider: it has to come along when that sends them back. */
export const signInCookie = (sealed: string, seconds: number, secure: boolean): string => setCookie('sign_in', sealed, 'Lax', seconds, secure);

const setCookie = (use: CookieUse, value: string, sameSite: 'Strict' | 'Lax', seconds: number, secure: boolean) =>
  `${nameOf(use, secure)}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${seconds}${secure ? '; Secure' : ''}`;

/**
 * Whether a request with a cookie comes from a page of our own. SameSite keeps the cookie at home already, but for sister hosts and old browsers: a
 * change must carry a header that a foreign page may not set, and whatever a browser says to come from elsewhere is refused.
 */
export function isFromOwnPage({ method, headers }: FromBrowser): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && !(site === 'none' && READING.has(method))) return false;
  return READING.has(method) || headers[PAGE_HEADER] !== undefined;
}
