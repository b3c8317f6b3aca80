import { PAGE_HEADER } from '@keytrail/contracts';

/** What a decision needs of a request. Names of headers are in lower case. */
export interface FromBrowser {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether it came over TLS, to this process or to a trusted proxy. */
  secure: boolean;
}

/** `__Host-` binds the cookie to this very host and to TLS; browsers refuse the prefix without it. */
const nameOf = (secure: boolean) => (secure ? '__Host-keytrail_session' : 'keytrail_session');
const SECRET = /^[\w-]{43}$/;
const READING = new Set(['GET', 'HEAD']);

/** The secret in the session's cookie; undefined when there is none that looks like one. */
export function sessionSecretOf({ headers, secure }: FromBrowser): string | undefined {
  const name = nameOf(secure);
  const parts = String(headers['cookie'] ?? '').split(';').map((part) => part.trim().split('='));
  const value = parts.find(([key]) => key === name)?.[1];
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

/** A Set-Cookie value: no script reads it, and no foreign page makes a browser send it. `seconds` 0 takes it away. */
export const sessionCookie = (secret: string, seconds: number, secure: boolean): string =>
  `${nameOf(secure)}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`;

/**
 * Whether a request with a cookie comes from a page of our own. SameSite keeps the cookie at home already, but for sister hosts and old browsers: a
 * change must carry a header that a foreign page may not set, and whatever a browser says to come from elsewhere is refused.
 */
export function isFromOwnPage({ method, headers }: FromBrowser): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && !(site === 'none' && READING.has(method))) return false;
  return READING.has(method) || headers[PAGE_HEADER] !== undefined;
}
