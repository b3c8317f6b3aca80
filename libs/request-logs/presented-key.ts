import type { RequestLogLine } from '@keytrail/contracts';
import { percentDecode } from './secret-names.js';
import { KEYTRAIL_KEY, PLACEHOLDER, looksRandom } from './secret-shapes.js';

type Headers = NonNullable<RequestLogLine['headers']>;

const CREDENTIAL = /^(?:bearer|basic|api-?key|token|key)\s+(\S+)\s*$/i;
/** Schemes whose value differs with every request and so says nothing about the key. */
const SIGNED = /^(?:aws4-|digest|negotiate|ntlm|hawk|signature|oauth|mac|hmac)/i;
/** Headers that carry a bearer credential by itself, best first. */
const KEY_HEADERS = ['x-api-key', 'apikey', 'api-key', 'x-auth-token', 'x-access-token', 'x-goog-api-key', 'ocp-apim-subscription-key', 'private-token'];

/** Headers by lower-case name; of repeated ones the first. */
export function headersByName(headers: Headers | undefined): Map<string, string> | undefined {
  if (headers === undefined) return undefined;
  const byName = new Map<string, string>();
  for (const name of Object.keys(headers)) {
    const value = headers[name]!;
    const first = typeof value === 'string' ? value : value[0];
    if (first !== undefined && !byName.has(name.toLowerCase())) byName.set(name.toLowerCase(), first);
  }
  return byName;
}

/** The credential as the caller presented it, empty when the line holds none. Never store or log it. */
export function presentedKey(line: Pick<RequestLogLine, 'key' | 'path'>, headers: Map<string, string> | undefined): string {
  if (line.key !== undefined) return bareCredential(line.key);
  if (headers !== undefined) {
    const authorization = bareCredential(headers.get('authorization') ?? '');
    if (authorization !== '') return authorization;
    for (const name of KEY_HEADERS) {
      const value = bareCredential(headers.get(name) ?? '');
      if (value !== '') return value;
    }
  }
  return keytrailKeyIn(line.path);
}

/**
 * Whether what a gateway gives as the id of a key is rather the key itself: 32 random characters or more, as base64 writes them too.
 * UUIDs, hex ids, ULIDs, access key ids of AWS and ids in words never are.
 */
export const isSecretLooking = (keyId: string): boolean => /^[\w.~+/-]{32,}={0,2}$/.test(keyId) && looksRandom(keyId.replace(/[^0-9A-Za-z]/g, ''));

/** The credential without its scheme; empty for a placeholder and for signatures. */
export function bareCredential(value: string): string {
  const text = value.trim();
  if (text === '' || SIGNED.test(text)) return '';
  const credential = CREDENTIAL.exec(text)?.[1] ?? text;
  if (PLACEHOLDER.test(credential)) return '';
  return /^basic\s/i.test(text) ? keyInBasic(credential) : credential;
}

/** Clients put an API key into either half of a Basic credential; any other Basic credential counts as a whole. */
function keyInBasic(credential: string): string {
  return KEYTRAIL_KEY.exec(Buffer.from(credential, 'base64').toString('latin1'))?.[0] ?? credential;
}

function keytrailKeyIn(path: string): string {
  const inPath = KEYTRAIL_KEY.exec(path)?.[0];
  if (inPath !== undefined || !path.includes('%')) return inPath ?? '';
  return KEYTRAIL_KEY.exec(percentDecode(path))?.[0] ?? '';
}
