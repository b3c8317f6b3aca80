import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { FalsePositiveReason } from '@keytrail/contracts';
import { parseBearerKey } from '@keytrail/platform';
import { SIGNING_SECRET_PREFIX, isNoBearer } from './kinds.js';

/** What somebody found, by its form alone; whether it is the secret of a key is for the registry to say. */
export type PresentedSecret =
  | { form: 'bearer' | 'signing-secret'; secret: string }
  /** `kid`: the thumbprint of the public half that it claims, which it may have borrowed. */
  | { form: 'private-key'; privateKey: KeyObject; kid: string }
  | { form: 'none'; reason: FalsePositiveReason };

/** SEC 1 or PKCS #8, not encrypted. Line breaks may be gone, or stand as `\n`: what leaks has been through variables and files of all kinds. */
const PRIVATE_KEY = /-----BEGIN (EC )?PRIVATE KEY-----([^-]{1,16384})-----END (?:EC )?PRIVATE KEY-----/;
const PEM_IN_BASE64 = /^LS0tLS1CRUdJTi[A-Za-z0-9+/=_\s-]+$/;

const none = (reason: FalsePositiveReason): PresentedSecret => ({ form: 'none', reason });

/** Takes what was found apart. A private key may also come as base64 of its PEM, as it was shown when it was made. */
export async function readPresented(text: string): Promise<PresentedSecret> {
  const secret = text.trim();
  if (secret.startsWith('kt_')) return readToken(secret);
  const pem = PEM_IN_BASE64.test(secret) ? Buffer.from(secret, 'base64').toString('latin1') : secret;
  const [, sec1, body] = PRIVATE_KEY.exec(pem) ?? [];
  return body === undefined ? none('malformed') : readPrivateKey(body, sec1 === undefined ? 'pkcs8' : 'sec1');
}

function readToken(secret: string): PresentedSecret {
  const parsed = parseBearerKey(secret);
  if (!parsed.valid) return none(parsed.problem === 'checksum_mismatch' ? 'mistyped' : 'malformed');
  if (parsed.kind === SIGNING_SECRET_PREFIX) return { form: 'signing-secret', secret };
  return isNoBearer(parsed.kind) ? none('not_a_secret') : { form: 'bearer', secret };
}

async function readPrivateKey(body: string, type: 'pkcs8' | 'sec1'): Promise<PresentedSecret> {
  const base64 = body.replaceAll(/\\[nr]/g, '').replaceAll(/[^A-Za-z0-9+/=]/g, '');
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(base64, 'base64'), format: 'der', type });
  } catch {
    return none('malformed');
  }
  // A private key, but of nothing that Keytrail issues.
  if (privateKey.asymmetricKeyType !== 'ec' || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return none('unknown');
  return { form: 'private-key', privateKey, kid: await calculateJwkThumbprint(await exportJWK(createPublicKey(privateKey))) };
}
