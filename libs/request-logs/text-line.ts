import { isAddressList } from './formats/address-list.js';
import { bareCredential } from './presented-key.js';
import { FINGERPRINT, PLACEHOLDER } from './secret-shapes.js';
import type { Replace } from './secret-names.js';

/** A quoted text, or one whose end was cut off; `name="…"` has its name before it. */
const QUOTED = /(=?)"((?:[^"\\]|\\[^])*)("|$)/g;
/** Request line, referer and user agent. */
const ORDINARY = 3;
/** As where such lines are read: a shorter word is rather a ratio, a port or a flag than a key. */
const SHORTEST_KEY = 8;
const OPAQUE = /^(?=[^]*[0-9])[\w.~+/=-]{16,}$/;
/** Where a shipper puts a line into an object. */
const SHIPPED = /("(?:log|message)"\s{0,64}:\s{0,64}")((?:[^"\\]|\\[^])*)/g;

/**
 * Replaces what stands where a line of an access log carries the caller's key, whether or not the rest of the line can be read: any
 * quoted text without a name behind the user agent, and before that one that is nothing but a long word with digits.
 */
export function replaceQuotedKeys(text: string, replace: Replace): string {
  if (!/^\s*[{["]/.test(text)) return replaceInLine(text, replace);
  // Inside JSON a quote is `\"`, and a backslash is two.
  return text.replace(SHIPPED, (_, opening: string, line: string) =>
    opening + replaceInLine(line.replace(/\\(["\\])/g, '$1'), replace).replace(/["\\]/g, '\\$&'));
}

function replaceInLine(line: string, replace: Replace): string {
  let unnamed = 0;
  return line.replace(QUOTED, (whole, equals: string, value: string, end: string) => {
    if (equals !== '') return whole;
    unnamed += 1;
    const isExtra = unnamed > ORDINARY && value.length >= SHORTEST_KEY && !isAddressList(value);
    if (!(isExtra || OPAQUE.test(value)) || FINGERPRINT.test(value) || PLACEHOLDER.test(value)) return whole;
    // As it is read where the line is good, so that it still names the same key.
    return `"${replace(bareCredential(value) || value)}${end}`;
  });
}
