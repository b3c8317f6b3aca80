/*
 * What a secret looks like by itself. Every expression runs in linear time: a repetition either cannot fail once it went past its
 * minimum, or starts only where a run of its characters starts.
 */

/** A fingerprint as Keytrail writes it: never redacted again. */
export const FINGERPRINT = /^fp_[0-9a-f]{24}$/;

/** AWS access key ids name a key and are no secret. */
export const AWS_ACCESS_KEY_ID = /^A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}$/;

/** Keytrail's own bearer keys. */
export const KEYTRAIL_KEY = /(?<![0-9A-Za-z])kt_[a-z]+_[0-9A-Za-z]{36}(?![0-9A-Za-z])/;

/** What gateways write where they took a secret out themselves. */
export const PLACEHOLDER = /^(?:[[<({*]*(?:redacted|masked|hidden|filtered|removed)[\])>}*]*|[*x.•]+|-+|null|undefined|none|true|false)$/i;

const BOUNDARY = '(?<![0-9A-Za-z])';

/** Complete tokens wherever they stand, and what is left of one that was cut, where nothing stands before it. */
export const TOKENS = new RegExp([
  'kt_[a-z]+_[0-9A-Za-z]{36,}', `${BOUNDARY}kt_[a-z]+_[0-9A-Za-z]{8,}`,
  'gh[oprsu]_[0-9A-Za-z]{36,}', `${BOUNDARY}gh[oprsu]_[0-9A-Za-z]{8,}`, 'github_pat_[0-9A-Za-z_]{8,}',
  `${BOUNDARY}xox[a-z]-[0-9A-Za-z-]{8,}`, `${BOUNDARY}xapp-[0-9A-Za-z-]{8,}`,
  '[rs]k_(?:live|test)_[0-9A-Za-z]{24,}', `${BOUNDARY}(?:[rs]k_(?:live|test)|rk|whsec)_[0-9A-Za-z]{8,}`,
  'AIza[0-9A-Za-z_-]{30,}', `${BOUNDARY}AIza[0-9A-Za-z_-]{8,}`,
  `${BOUNDARY}npm_[0-9A-Za-z]{16,}`, `${BOUNDARY}glpat-[0-9A-Za-z_-]{8,}`,
  `${BOUNDARY}SG\\.[0-9A-Za-z_-]{8,}(?:\\.[0-9A-Za-z_-]*)?`,
  `${BOUNDARY}sk-[0-9A-Za-z_-]{20,}`, `${BOUNDARY}ya29\\.[0-9A-Za-z_-]{16,}`,
].join('|'), 'g');

/** A JSON Web Token of two parts or more. The look-ahead makes sure that the first `eyJ` of a run either matches or nothing does. */
export const JSON_WEB_TOKEN = /(?<![\w-])(?=[\w-]*\.[\w-])([\w-]*?)(eyJ[\w-]*(?:\.[\w-]+){1,4})/g;

/** A private key, also one whose end was cut off. */
export const PRIVATE_KEY = new RegExp(
  '-----BEGIN(?:[ +A-Z0-9]|%20){0,48}PRIVATE(?: |\\+|%20)KEY(?:(?: |\\+|%20)BLOCK)?-----[^]*?'
  + '(?:-----END(?:[ +A-Z0-9]|%20){0,48}PRIVATE(?: |\\+|%20)KEY(?:(?: |\\+|%20)BLOCK)?-----|$)', 'g');

/** Where a long random-looking value may stand. */
export const LONG_RUN = /[A-Za-z0-9_-]{32,}/g;

const WORD = /[A-Z]?[a-z]{3,}|[A-Z]{4,}/g;

/**
 * Whether a run of 32 characters or more was drawn at random rather than written: upper case, lower case and digits mixed, little of it
 * words. UUIDs, hex ids and ULIDs never are; of random base-62 values 98 to 99 in 100 are.
 */
export function looksRandom(run: string): boolean {
  if (run.length < 32 || !/[a-z]/.test(run) || !/[A-Z]/.test(run) || !/[0-9]/.test(run)) return false;
  let separators = 0;
  for (let at = 0; at < run.length; at += 1) {
    const unit = run.charCodeAt(at);
    if (unit === 0x2d || unit === 0x5f) separators += 1;
  }
  if (separators > run.length * 0.14) return false;
  let inWords = 0;
  for (const word of run.matchAll(WORD)) inWords += word[0].length;
  return inWords <= run.length * 0.6;
}
