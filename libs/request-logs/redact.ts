import { fingerprintOf } from '@keytrail/platform';
import { replaceListedSecrets } from './listed-secrets.js';
import { percentDecode, replaceNamedSecrets, replaceSecretSegments, type Replace } from './secret-names.js';
import { FINGERPRINT, JSON_WEB_TOKEN, LONG_RUN, PLACEHOLDER, PRIVATE_KEY, TOKENS, looksRandom } from './secret-shapes.js';
import { HAS, survey } from './text-survey.js';

/** Replaces secrets by keyed fingerprints. Equal secrets give equal fingerprints under one key; a fingerprint cannot be undone. */
export interface Redactor {
  /** `fp_` and 24 hex digits. */
  fingerprint(secret: string): string;
  /** For free text: every secret in it becomes its fingerprint. */
  redactText(text: string): string;
  /** The same, remembered: for fields that have few different values. */
  redactRepeated(text: string): string;
  /** For ids: replaces known shapes of secrets only, so that a long random request id stays what it is. */
  redactId(text: string): string;
  /** For names of things and people, remembered: as an id, unless it is a sentence, a pair or one long random word. */
  redactName(text: string): string;
}

const SCHEME = /(?<![0-9A-Za-z])(bearer|basic)((?:\s|%20|\+){1,8})([\w.~+/=%-]+)/gi;
const USER_INFO = /(:\/\/)([^\s/?#"'<>]+)@/g;
/** The same with the host cut off; digits are a port. */
const CUT_USER_INFO = /(:\/\/[^\s/?#"'<>:@[]{0,256}:)(?!\d{0,5}$)([^\s/?#"'<>@]+)$/;
const ENCODED_WORD = /[^\s&=?#;,"'<>]{4,}/g;
/** What tokens without an underscore hold, and what those have in common. */
const OTHER_TOKENS = /AIza|xox[a-z]-|xapp-|glpat-|SG\.|sk-|ya29\./;
const MAY_BE_OTHER_TOKEN = HAS.dash | HAS.dot | HAS.upper;
const MAY_BE_RANDOM = HAS.longRun | HAS.upper | HAS.lower | HAS.digit;
const INSIDE_FINGERPRINTS = /(fp_[0-9a-f]{24})/;
/** Words that follow a scheme in prose or in a challenge: 'Bearer token missing', 'Bearer realm=…'. */
const NOT_A_CREDENTIAL = /^(?:[A-Z]?[a-z]{1,16}|(?:realm|error|scope|charset)=.*)$/;
const NO_NAME = /[\s="]|^[\w-]{32,}$/;
const PLAIN_USER = /^[A-Za-z._-]{1,24}$/;

/** Redacting can uncover something (a decoded word, a shorter run), so it goes on until nothing changes. */
const MAX_ROUNDS = 6;
const MAX_ENCODINGS = 3;
const REMEMBERED = 8192;
const MASK = `fp_${'0'.repeat(24)}`;

/** `fingerprintKey` must stay the same for as long as fingerprints are to be compared. */
export function createRedactor(fingerprintKey: Buffer): Redactor {
  const fingerprints = new Map<string, string>();

  const fingerprint = (secret: string): string => {
    const known = fingerprints.get(secret);
    if (known !== undefined) return known;
    const made = fingerprintOf(fingerprintKey, secret);
    if (fingerprints.size >= REMEMBERED) fingerprints.clear();
    if (secret.length <= 512) fingerprints.set(secret, made);
    return made;
  };

  const redactText = (text: string) => untilStable(text, fingerprint, 0);
  const redactId = (text: string) => (text.length < 12 ? text : replaceShapes(text, survey(text), fingerprint));
  return {
    fingerprint, redactText, redactId,
    redactRepeated: remembering(redactText),
    redactName: remembering((text) => (NO_NAME.test(text) ? redactText(text) : redactId(text))),
  };
}

/** Whether redaction of each kind leaves a text as it is, which no key changes. */
export const isFreeOfSecrets = (text: string): boolean => untilStable(text, mask, 0) === text;
export const isIdFreeOfSecrets = (text: string): boolean => text.length < 12 || replaceShapes(text, survey(text), mask) === text;
export const isNameFreeOfSecrets = (text: string): boolean => (NO_NAME.test(text) ? isFreeOfSecrets(text) : isIdFreeOfSecrets(text));
const mask: Replace = () => MASK;

/** Remembers answers for texts of ordinary length. */
function remembering(answer: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const made = answer(text);
    if (known.size >= REMEMBERED) known.clear();
    if (text.length <= 512) known.set(text, made);
    return made;
  };
}

function untilStable(text: string, replace: Replace, encodings: number): string {
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = redactOnce(current, replace, encodings);
    if (next === current) break;
    current = next;
  }
  return current;
}

function redactOnce(text: string, replace: Replace, encodings: number): string {
  const has = survey(text);
  // Lists first: where `key` holds a name, that goes with what else stands under `key`.
  const listed = replaceListedSecrets(text, replace);
  let current = has & (HAS.equals | HAS.colon) ? replaceNamedSecrets(listed, replace) : listed;
  if (current.length < 8) return current;
  current = replaceSecretSegments(current, replace);
  if (has & (HAS.space | HAS.percent)) {
    current = current.replace(SCHEME, (whole, scheme: string, space: string, value: string) => {
      const secret = percentDecode(value);
      return isHarmless(secret) || NOT_A_CREDENTIAL.test(secret) ? whole : scheme + space + replace(secret);
    });
  }
  if (has & HAS.colon && current.includes('://')) current = replaceUserInfo(current, replace);
  current = replaceShapes(current, has, replace);
  if (has & HAS.percent && encodings < MAX_ENCODINGS) current = replaceInEncoded(current, replace, encodings);
  if ((has & MAY_BE_RANDOM) !== MAY_BE_RANDOM) return current;
  return current.replace(LONG_RUN, (run) => replaceRandom(run, replace));
}

function replaceUserInfo(text: string, replace: Replace): string {
  return text.replace(USER_INFO, (whole, start: string, info: string) => {
    const colon = info.indexOf(':');
    const secret = colon === -1 ? info : info.slice(colon + 1);
    if (isHarmless(secret) || secret === '' || (colon === -1 && PLAIN_USER.test(info))) return whole;
    return `${start}${replace(percentDecode(secret))}@`;
  }).replace(CUT_USER_INFO, (whole, start: string, secret: string) => (isHarmless(secret) ? whole : start + replace(percentDecode(secret))));
}

const isHarmless = (value: string) => FINGERPRINT.test(value) || PLACEHOLDER.test(value);

function replaceShapes(text: string, has: number, replace: Replace): string {
  let current = text;
  if (has & HAS.dash && current.includes('-----BEGIN')) current = current.replace(PRIVATE_KEY, (secret) => replace(secret));
  if (has & HAS.dot && current.includes('eyJ')) {
    current = current.replace(JSON_WEB_TOKEN, (_, before: string, secret: string) => before + replace(secret));
  }
  return has & HAS.underscore || (has & MAY_BE_OTHER_TOKEN && OTHER_TOKENS.test(current)) ? current.replace(TOKENS, (secret) => replace(secret)) : current;
}

/** Secrets inside a percent-encoded word, such as the URL in `?redirect=https%3A%2F%2F…`. */
function replaceInEncoded(text: string, replace: Replace, encodings: number): string {
  return text.replace(ENCODED_WORD, (word) => {
    if (!word.includes('%')) return word;
    const decoded = percentDecode(word);
    if (decoded === word) return word;
    const redacted = untilStable(decoded, replace, encodings + 1);
    return redacted === decoded ? word : encodeURIComponent(redacted.toWellFormed()).replaceAll('%2F', '/');
  });
}

function replaceRandom(run: string, replace: Replace): string {
  if (!run.includes('fp_')) return looksRandom(run) ? replace(run) : run;
  return run.split(INSIDE_FINGERPRINTS)
    .map((part) => (!FINGERPRINT.test(part) && looksRandom(part) ? replace(part) : part)).join('');
}
