import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';

const KeyList = z.object({ public_keys: z.array(z.object({ key_identifier: z.string().min(1).max(200), key: z.string().max(4_096) })).min(1).max(200) });

const isP256 = (key: KeyObject) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';

/** GitHub's public keys by their identifier. Keys of other kinds or curves are left out; undefined when it is no such list. */
export function readKeyList(text: string): Map<string, KeyObject> | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = KeyList.safeParse(list);
  if (!parsed.success) return undefined;
  const keys = new Map<string, KeyObject>();
  for (const { key_identifier, key } of parsed.data.public_keys) {
    const read = readPublicKey(key);
    if (read !== undefined && isP256(read)) keys.set(key_identifier, read);
  }
  return keys.size === 0 ? undefined : keys;
}

function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

const BASE64 = /^[A-Za-z0-9+/]{8,200}={0,2}$/;

/** Whether GitHub signed these bytes: ECDSA on P-256 over their SHA-256, DER in base64. */
export function isSignedBy(key: KeyObject, body: Buffer, signature: string): boolean {
  if (!BASE64.test(signature)) return false;
  try {
    return verify('sha256', body, { key, dsaEncoding: 'der' }, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}
