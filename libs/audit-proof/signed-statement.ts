import { FlattenedSign, decodeProtectedHeader, flattenedVerify } from 'jose';
import { canonicalJson } from './canonical-json.js';
import type { SigningKey, TrustedKeys } from './signing-key.js';

/** What a statement is. It is part of what is signed: a checkpoint cannot be passed off as anything else. */
export type StatementType = 'checkpoint' | 'audit-export' | 'incident-bundle';

export interface Signed<Body> { body: Body; protected: string; signature: string }

const typOf = (type: StatementType) => `keytrail-${type}+jws`;

/** Signs the canonical JSON of `body`. */
export async function signStatement<Body>(type: StatementType, body: Body, { key, public: { kid } }: SigningKey): Promise<Signed<Body>> {
  const { protected: header, signature } = await new FlattenedSign(Buffer.from(canonicalJson(body)))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: typOf(type) }).sign(key);
  return { body, protected: header as string, signature };
}

/** Why a statement is not to be believed; undefined when it is. */
export async function findFlaw(type: StatementType, { body, protected: header, signature }: Signed<unknown>, keys: TrustedKeys): Promise<string | undefined> {
  // One signature has one spelling: the last character of base64url has bits that a decoder ignores.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return 'its signature is not written as signed';
  let kid: unknown;
  try {
    const read = decodeProtectedHeader({ protected: header });
    if (read.typ !== typOf(type)) return `it is not signed as ${type}`;
    kid = read.kid;
  } catch {
    return 'the header of its signature cannot be read';
  }
  const key = typeof kid === 'string' ? keys.get(kid) : undefined;
  if (key === undefined) return `it is signed with the key ${String(kid)}, which is not among the public keys given (${[...keys.keys()].join(', ')})`;
  try {
    const payload = Buffer.from(canonicalJson(body)).toString('base64url');
    await flattenedVerify({ payload, protected: header, signature }, key, { algorithms: ['EdDSA'] });
    return undefined;
  } catch {
    return 'its signature does not fit what it says';
  }
}
