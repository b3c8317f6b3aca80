import { createHmac, type KeyObject } from 'node:crypto';
import type { SignedRequest } from '@keytrail/contracts';
import { sameDigest } from '@keytrail/platform';

/** Names the way of signing, so that a signature made for another means nothing here. */
const SCHEME = 'KEYTRAIL-HMAC-SHA256';

/** How far the clock of whoever signs may be from ours, in seconds. */
export const SIGNATURE_WINDOW_S = 300;

/** None of these can hold a line feed, so no part can pass for another. */
const SHAPES = {
  timestamp: /^(?:0|[1-9]\d{0,11})$/, nonce: /^[A-Za-z0-9_-]{16,64}$/, signature: /^[0-9a-f]{64}$/, method: /^[A-Z]{1,32}$/,
  path: /^\/[^\s?#\u0000-\u001f\u007f-\uffff]*$/, query: /^[^\s#\u0000-\u001f\u007f-\uffff]*$/, body_sha256: /^[0-9a-f]{64}$/,
} as const satisfies Partial<Record<keyof SignedRequest, RegExp>>;

/** Whether every part has the shape that it must have. */
export const isWellFormed = (request: SignedRequest): boolean =>
  Object.entries(SHAPES).every(([part, shape]) => shape.test(request[part as keyof typeof SHAPES]));

/** What is signed: eight lines, joined by line feeds, none after the last. */
export const canonicalRequest = ({ public_id, timestamp, nonce, method, path, query, body_sha256 }: Omit<SignedRequest, 'signature'>): string =>
  [SCHEME, public_id, timestamp, nonce, method, path, query, body_sha256].join('\n');

/** The signature of a request, as hex. */
export const signatureOf = (request: Omit<SignedRequest, 'signature'>, secret: string | KeyObject): string =>
  createHmac('sha256', secret).update(canonicalRequest(request), 'utf8').digest('hex');

/** Compares in constant time. */
export const isSignedWith = (request: SignedRequest, secret: string | KeyObject): boolean => sameDigest(signatureOf(request, secret), request.signature);

export const isInWindow = ({ timestamp }: Pick<SignedRequest, 'timestamp'>, now: Date): boolean =>
  Math.abs(now.getTime() / 1000 - Number(timestamp)) <= SIGNATURE_WINDOW_S;

/** A minute more than the time in the request can be good by any of our clocks. */
export const nonceExpiry = ({ timestamp }: Pick<SignedRequest, 'timestamp'>): Date => new Date((Number(timestamp) + SIGNATURE_WINDOW_S + 60) * 1000);
