import { createHash, createHmac, createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { SignedRequest } from '@keytrail/contracts';
import type { IssuedKey } from './key-kinds.js';

// What clients present. Both ends are written down here once more, from the documentation: what is tested must not check itself.

const EMPTY = createHash('sha256').digest('hex');
export const nowSeconds = () => Math.floor(Date.now() / 1000);
export const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A request signed with the secret of a workspace key. */
export function signRequest(key: IssuedKey, parts: Partial<SignedRequest> = {}, secret = key.secret ?? ''): SignedRequest {
  const request = {
    public_id: key.public_id ?? '', timestamp: String(nowSeconds()), nonce: randomBytes(12).toString('base64url'), method: 'POST', path: '/v1/orders',
    query: 'page=2&sort=-at', body_sha256: EMPTY, ...parts,
  };
  const text = ['KEYTRAIL-HMAC-SHA256', request.public_id, request.timestamp, request.nonce, request.method, request.path, request.query, request.body_sha256].join('\n');
  return { ...request, signature: parts.signature ?? createHmac('sha256', secret).update(text).digest('hex') };
}
/** Claims of a user token that is good, but for `claims`. */
export const claimsOf = (claims: object = {}) => ({ entity_type: 'subscriber', entity_id: 'user-7', iat: nowSeconds(), exp: nowSeconds() + 600, ...claims });
/** A user token signed with a signing key. */
export function userToken(key: IssuedKey, claims: object = {}, header: object = {}): string {
  const text = `${encode({ alg: 'ES256', typ: 'JWT', kid: key.kid, ...header })}.${encode(claimsOf(claims))}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKeyOf(key), dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
export const privateKeyOf = (key: IssuedKey): KeyObject => createPrivateKey(key.private_key_pem ?? '');
