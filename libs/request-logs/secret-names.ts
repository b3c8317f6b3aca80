import { AWS_ACCESS_KEY_ID, FINGERPRINT, PLACEHOLDER } from './secret-shapes.js';

/** Gives the text that stands for a secret. */
export type Replace = (secret: string) => string;

const J = '[-_. ]?';
const KEYS = 'api|app|auth|access|secret|private|signing|encryption|subscription|shared|account|master|consumer|functions';
const DIGEST = `(?:${J}(?:sha${J})?\\d{1,3})?`;
const ENDINGS = `(?:token|secret|passw(?:or)?d|passphrase|passcode|(?:${KEYS})${J}key|auth${J}header|(?:signature|hmac)${DIGEST}|authorization|assertion|jwt|cookie2?`
  + `|session${J}id|sessid)(?:${J}value)?|[cx]srf(?:${J}(?:value|key|hash|nonce|header))?`;
const WHOLE = 'key|sig|auth|pass|pwd|pw|code|bearer|credentials?|sid';
/** Names under which words and small numbers stand as well: only what is neither is a secret. */
const UNSURE = '(?:x[-_])?(?:session|t?otp|pin)';

/** A telling name: one of ENDINGS after anything, or one of WHOLE or UNSURE by itself. */
const NAME = `(?:${ENDINGS}|(?<![0-9A-Za-z_.-])(?:${WHOLE}|${UNSURE}))`;
/** What Envoy's operators leave around a name: `%REQ(X-API-KEY?AUTH):30%`. */
const OPERATOR = '(?:(?:\\?[\\w:-]{0,64})?\\)(?::\\d{1,6})?%?)?';
const NAMED_VALUE = new RegExp(`(${NAME})${OPERATOR}(?:\\\\{0,8}["'\`]|\\[?\\]){0,2}\\s{0,64}(=>|[=:])\\s{0,64}`, 'gi');
const IS_UNSURE = new RegExp(`^${UNSURE}$`, 'i');
const TELLING = new RegExp(`^(?:[^]*(?:${ENDINGS})|(?:[^]*[^0-9A-Za-z_.-])?(?:${WHOLE}))$`, 'i');
const ENCODED_NAME = /(?<![0-9A-Za-z_.%[\]-])([0-9A-Za-z_.%[\]-]{1,128})=/g;

const HEADER = /(?:authorization|cookie2?)$/i;
const PASSWORD = /^pass|^pwd|passw|passphrase/i;
const SCHEME = /^(?:bearer|basic|token|api-?key)(?:\s|%20|\+)+/i;
const PAIR_END = /[&#;\s"'`<>\\]/g;
const LINE_END = /[\r\n"`<>\\]/g;
const WORD_END = /[&#,;\s"'`<>\\]/g;
const BARE_END = /[&;\s"'`<>\\,\]}]/g;
const PLAIN_WORD = /^[A-Za-z]{1,20}$/;

const isKept = (value: string) => value === '' || FINGERPRINT.test(value) || PLACEHOLDER.test(value) || AWS_ACCESS_KEY_ID.test(value);

/** Whether a value under this name is a secret by the name alone. Percent-encoding must have been taken off. */
export const isTellingName = (name: string): boolean => TELLING.test(name.replace(/\[\]$/, ''));

/** Whether a value under this name is a secret: by the name, or under some names by what it looks like. */
export const isNamedSecret = (name: string, value: string): boolean =>
  isTellingName(name) || (IS_UNSURE.test(name.slice(name.lastIndexOf('.') + 1)) && !isPlain(value));

/** Words, and numbers of up to three digits. */
const isPlain = (value: string): boolean => value.length < 4 || /^[A-Za-z]{1,20}(?:[ _-][A-Za-z]{1,20}){0,7}$/.test(value);

/** Whether a value under a telling name stays what it is after all. */
const isNoSecret = (name: string, value: string): boolean =>
  isKept(value) || (/^code$/i.test(name) && value.length < 16) || (IS_UNSURE.test(name) && isPlain(value));

/** Takes percent-encoding off once; a malformed sequence stays. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not UTF-8 or cut off: `unescape` takes what it can, byte by byte, at native speed.
    return unescape(text);
  }
}

/**
 * Replaces the values of telling names: `name=value` in queries and fragments, `Name: value` in headers, and `"name": "value"` or
 * `"name": ["value"]` in JSON, whole, cut off or escaped inside another string.
 */
export function replaceNamedSecrets(text: string, replace: Replace): string {
  const hasPairs = text.includes('=');
  if (!hasPairs && !text.includes(':')) return text;
  let out = '';
  let done = 0;
  NAMED_VALUE.lastIndex = 0;
  for (let match = NAMED_VALUE.exec(text); match; match = NAMED_VALUE.exec(text)) {
    const start = NAMED_VALUE.lastIndex;
    const value = redactValue(text, start, match[1]!, match[2]!, replace);
    if (value) {
      out += text.slice(done, start) + value.text;
      done = value.end;
      NAMED_VALUE.lastIndex = value.end;
    }
  }
  const replaced = done === 0 ? text : out + text.slice(done);
  return hasPairs && replaced.includes('%') ? replaceEncodedNames(replaced, replace) : replaced;
}

function replaceEncodedNames(text: string, replace: Replace): string {
  let out = '';
  let done = 0;
  ENCODED_NAME.lastIndex = 0;
  for (let match = ENCODED_NAME.exec(text); match; match = ENCODED_NAME.exec(text)) {
    const name = match[1]!;
    if (!name.includes('%')) continue;
    const decoded = percentDecode(percentDecode(name));
    if (!isTellingName(decoded) && !IS_UNSURE.test(decoded)) continue;
    const start = ENCODED_NAME.lastIndex;
    const end = endOf(text, start, PAIR_END);
    const value = text.slice(start, end);
    if (isKept(value) || !isNamedSecret(decoded, percentDecode(value))) continue;
    out += text.slice(done, start) + replace(percentDecode(value));
    done = end;
    ENCODED_NAME.lastIndex = end;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** Path segments after which a value is a secret, and those after which only a long hex one is: `/auth/login` and `/key/42` are routes. */
const TELLING_SEGMENT = `(?:${KEYS})[-_.]?key|(?:(?:access|auth|api|id|refresh)[-_.]?)?token|secret|password|passwd|bearer|credentials?`;
const HEX_SEGMENT = 'key|keys|tokens|auth|sid|sig|session|hooks?|webhooks?';
const IN_PATH = new RegExp(`(?<=/(?:${TELLING_SEGMENT})/)[^/?#&;,\\s"'<>]{8,}|(?<=/(?:${HEX_SEGMENT})/)[0-9a-f]{32,}(?![0-9a-z_-])`, 'gi');
/** Asked first: looking behind every character costs a multiple of looking at every slash. */
const HAS_TELLING_SEGMENT = new RegExp(`/(?:${TELLING_SEGMENT}|${HEX_SEGMENT}|services|workflows)/`, 'i');
const SLACK_HOOK = /(?<=\/(?:services|workflows)\/T[0-9A-Z]{6,16}\/[BA][0-9A-Z]{6,16}\/)[0-9A-Za-z/]{16,}/g;

/** Replaces secrets that a path carries after a segment that tells: `/apikey/<secret>/…`, and the last part of a Slack hook. */
export function replaceSecretSegments(text: string, replace: Replace): string {
  if (!text.includes('/') || !HAS_TELLING_SEGMENT.test(text)) return text;
  const one = (value: string) => (isKept(value) || !isNoRoute(value) ? value : replace(percentDecode(value)));
  return text.replace(SLACK_HOOK, (value) => replace(value)).replace(IN_PATH, one);
}

/** Names of operations are words; values hold digits, or mix upper and lower case at length. */
const isNoRoute = (value: string) => /[0-9]/.test(value) || (value.length >= 16 && /[A-Z]/.test(value.slice(1)) && /[a-z]/.test(value));

interface Redacted { text: string; end: number }

function redactValue(text: string, start: number, name: string, separator: string, replace: Replace): Redacted | undefined {
  const opening = /^\\{0,8}["']/.exec(text.slice(start, start + 9));
  if (opening) return redactQuoted(text, start, opening[0], name, replace);
  if (text[start] === '[') return redactArray(text, start, name, replace);
  if (text[start] === '{') return undefined;
  const header = HEADER.test(name);
  if (separator === '=' && !header) {
    const end = trimEnd(text, start, endOf(text, start, PAIR_END));
    return redacted(text, start, end, name, replace);
  }
  if (!header) {
    const end = trimEnd(text, start, endOf(text, start, BARE_END));
    // 'token: expired' is a sentence, not a secret.
    if (!PASSWORD.test(name) && PLAIN_WORD.test(text.slice(start, end))) return undefined;
    return redacted(text, start, end, name, replace);
  }
  const scheme = SCHEME.exec(text.slice(start, start + 32))?.[0].length ?? 0;
  const ends = separator === '=' ? PAIR_END : scheme > 0 ? WORD_END : LINE_END;
  return redacted(text, start + scheme, endOf(text, start + scheme, ends), name, replace, start);
}

function redacted(text: string, from: number, end: number, name: string, replace: Replace, start = from): Redacted | undefined {
  const value = text.slice(from, end);
  if (isNoSecret(name, value)) return undefined;
  return { text: text.slice(start, from) + replace(percentDecode(value)), end };
}

/** A quoted value; `opening` is its quote with the backslashes before it. Without a closing quote it goes to the end of the text. */
function redactQuoted(text: string, start: number, opening: string, name: string, replace: Replace): Redacted | undefined {
  const from = start + opening.length;
  const end = closingQuote(text, from, opening);
  const content = text.slice(from, end);
  const scheme = SCHEME.exec(content.slice(0, 32))?.[0] ?? '';
  const value = unescapeJson(content.slice(scheme.length));
  if (isNoSecret(name, value)) return undefined;
  return { text: opening + scheme + replace(value), end };
}

function closingQuote(text: string, from: number, opening: string): number {
  const quote = opening[opening.length - 1]!;
  const level = opening.length - 1;
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (at - slashes > from && text.charCodeAt(at - slashes - 1) === 0x5c) slashes += 1;
    if (slashes <= level) return at - slashes;
    if (level === 0 && slashes % 2 === 0) return at;
  }
  return text.length;
}

function redactArray(text: string, start: number, name: string, replace: Replace): Redacted {
  let out = '';
  let at = start;
  let copied = start;
  while (at < text.length) {
    const unit = text[at]!;
    if (unit === ']' || unit === '{') break;
    const opening = unit === '"' || unit === "'" || unit === '\\' ? /^\\{0,8}["']/.exec(text.slice(at, at + 9)) : null;
    if (!opening) {
      at += 1;
      continue;
    }
    const value = redactQuoted(text, at, opening[0], name, replace);
    const end = value?.end ?? closingQuote(text, at + opening[0].length, opening[0]);
    if (value) {
      out += text.slice(copied, at) + value.text;
      copied = end;
    }
    // Past the closing quote and its backslashes.
    at = Math.min(text.length, end + opening[0].length);
  }
  return { text: out + text.slice(copied, at), end: at };
}

function endOf(text: string, start: number, end: RegExp): number {
  end.lastIndex = start;
  return end.exec(text)?.index ?? text.length;
}

/** Leaves punctuation after a value outside it. */
function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && /[,.)\]}]/.test(text[at - 1]!)) at -= 1;
  return at;
}

function unescapeJson(value: string): string {
  if (!value.includes('\\')) return value;
  try {
    return JSON.parse(`"${value}"`) as string;
  } catch {
    return value;
  }
}
