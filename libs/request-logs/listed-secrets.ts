import { isNamedSecret, percentDecode, type Replace } from './secret-names.js';
import { FINGERPRINT, PLACEHOLDER } from './secret-shapes.js';

const Q = '\\\\{0,8}["\']';
const NAMES = 'name|key|header|field|param(?:eter)?|k|n';
const VALUES = 'values?|val|v|content|[a-z]{3,8}_?value';
const COLON = '\\s{0,64}:\\s{0,64}';
const TEXT = '[^"\'\\\\]';
/** `"name":"x-api-key","value":"…"`; the value may stand in a list or an object, and lack its end. */
const NAME_FIRST = new RegExp(`(${Q}(?:${NAMES})${Q}${COLON}${Q}(${TEXT}{1,128})${Q}\\s{0,64},[^{}]{0,256}?${Q}(?:${VALUES})${Q}${COLON}(?:[[{]\\s{0,64}(?:${Q}\\w{1,32}${Q}${COLON})?)?${Q})([^"\\\\]+)`, 'gi');
const VALUE_FIRST = new RegExp(`(${Q}(?:${VALUES})${Q}${COLON}(?:\\[\\s{0,64})?${Q})(${TEXT}{1,4096})(${Q}\\s{0,64}\\]?\\s{0,64},[^{}]{0,256}?${Q}(?:${NAMES})${Q}${COLON}${Q}(${TEXT}{1,128}))`, 'gi');
/** `["x-api-key","…"]`, as servers list raw headers. */
const IN_LIST = new RegExp(`([[,]\\s{0,64}${Q}(${TEXT}{1,128})${Q}\\s{0,64},\\s{0,64}${Q})(${TEXT}+)(?=["'\\\\]|$)`, 'g');
const PLAIN_WORD = /^[A-Za-z_-]{1,20}$/;

/** Replaces the values in lists of names and values, where the name tells: in JSON, whole, cut off or escaped inside another string. */
export function replaceListedSecrets(text: string, replace: Replace): string {
  if (!/["']/.test(text)) return text;
  const one = (name: string, value: string): string =>
    (FINGERPRINT.test(value) || PLACEHOLDER.test(value) || !isNamedSecret(percentDecode(name), value) ? value : replace(value));
  return text.replace(NAME_FIRST, (_, before: string, name: string, value: string) => before + one(name, value))
    .replace(VALUE_FIRST, (_, before: string, value: string, after: string, name: string) => before + one(name, value) + after)
    .replace(IN_LIST, (_, before: string, name: string, value: string) => before + (PLAIN_WORD.test(value) ? value : one(name, value)));
}
