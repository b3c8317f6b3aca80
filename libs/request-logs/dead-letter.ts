import { createHash } from 'node:crypto';
import { cutText } from './clean-text.js';
import type { LineProblem, LineProblemCode } from './line-problem.js';
import type { Redactor } from './redact.js';
import { replaceQuotedKeys } from './text-line.js';

/** What is kept of a line that could not be stored. */
export interface DeadLetterDescription {
  code: LineProblemCode;
  reason: string;
  /** Hex digest of the line as it came. */
  sha256: string;
  /** For people: redacted, without bytes that are no text, at most 8 KiB of UTF-8. */
  payload: string;
}

export const MAX_PAYLOAD_BYTES = 8192;
/** More than can be kept, since redacting makes text shorter; bounded, since a line may have any length. */
const WINDOW_BYTES = 65_536;
/** NUL bytes and broken characters may stand inside a secret and would hide it. */
export const NO_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2060\ufeff\ufffd]+/g;
const ESCAPED = /\\u00([2-7][0-9a-f])/gi;

/** Describes a line for the dead letters. No secret survives in it, whether or not the line is valid JSON, whole or text at all. */
export function describeDeadLetter(raw: Buffer, problem: LineProblem, redactor: Redactor): DeadLetterDescription {
  const whole = raw.length <= WINDOW_BYTES;
  const text = raw.toString('utf8', 0, Math.min(raw.length, WINDOW_BYTES)).replace(NO_TEXT, '').replace(ESCAPED, unescapeCharacter);
  const payload = redactor.redactText(replaceQuotedKeys(whole ? text : withoutLastWord(text), redactor.fingerprint));
  return { code: problem.code, reason: problem.reason, sha256: createHash('sha256').update(raw).digest('hex'), payload: cutBytes(payload) };
}

/** `\u006bey` reads `key`; quotes and backslashes keep their escapes. */
function unescapeCharacter(escape: string, hex: string): string {
  const character = String.fromCharCode(parseInt(hex, 16));
  return character === '"' || character === '\\' ? escape : character;
}

/** Half of a secret is not recognised any more: the word that the window cuts goes. */
function withoutLastWord(text: string): string {
  let end = text.length;
  while (end > 0 && !/[\s"',;&{}[\]]/.test(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

function cutBytes(text: string): string {
  const bytes = Buffer.from(cutText(text, MAX_PAYLOAD_BYTES));
  return bytes.length <= MAX_PAYLOAD_BYTES ? bytes.toString('utf8') : bytes.toString('utf8', 0, MAX_PAYLOAD_BYTES).replace(/\ufffd+$/, '');
}
