import { createHash } from 'node:crypto';
import type { RequestLogFormat } from '@keytrail/contracts';
import { formats } from './formats/index.js';
import type { LineProblem } from './line-problem.js';
import { normaliseLine } from './normalise.js';
import { parseMessage } from './parse-body.js';
import type { NormaliseContext, RequestLogRow } from './row.js';
import { FINGERPRINT } from './secret-shapes.js';
import type { Redactor } from './redact.js';

/** Either rows of every request that was refused, at least one, or why they cannot be stored. */
export type ReadLetter = { rows: RequestLogRow[]; problem?: undefined } | { rows?: undefined; problem: LineProblem };

const EMPTY: LineProblem = { code: 'not_an_object', reason: 'it holds no request' };

/** The bytes of a letter: a line, or all of the message it came in. */
export interface LetterBytes {
  bytes: Buffer;
  isMessage: boolean;
}

/**
 * Takes the bytes of a dead letter in again. `items` says which requests in it were refused; null = all. All or nothing: a letter that is
 * stored in part could not be told from one that is not.
 */
export function readLetter({ bytes, isMessage }: LetterBytes, format: RequestLogFormat, items: readonly number[] | null, context: NormaliseContext): ReadLetter {
  const rows: RequestLogRow[] = [];
  const wanted = items === null ? undefined : new Set(items);
  const isWanted = (request: number) => wanted?.has(request) ?? true;
  let request = -1;
  for (const line of isMessage || wanted === undefined ? parseMessage(bytes, format) : [oneLine(bytes)]) {
    if (line.problem !== undefined) {
      request += 1;
      if (isWanted(request)) return { problem: line.problem };
      continue;
    }
    for (const item of formats[format](line.value)) {
      request += 1;
      if (!isWanted(request)) continue;
      const { row, problem } = item.problem === undefined ? normaliseLine(item.line, context) : item;
      if (row === undefined) return { problem };
      rows.push(row);
    }
  }
  return rows.length > 0 ? { rows } : { problem: EMPTY };
}

/** A line of which some requests are stored was JSON, and its requests are counted from its beginning: it must not be taken apart. */
function oneLine(bytes: Buffer): { value: unknown; problem?: undefined } | { value?: undefined; problem: LineProblem } {
  try {
    return { value: JSON.parse(bytes.toString('utf8')) as unknown };
  } catch {
    return { problem: { code: 'invalid_json', reason: 'not valid JSON any more: a secret was taken out of it' } };
  }
}

/** The line with this digest in a message, or the message that has it; undefined when the message is not the one it came in. */
export function lineInMessage(message: Buffer, sha256: string, format: RequestLogFormat): LetterBytes | undefined {
  if (digestOf(message) === sha256) return { bytes: message, isMessage: true };
  for (const { raw } of parseMessage(message, format)) if (digestOf(raw) === sha256) return { bytes: raw, isMessage: false };
  return undefined;
}

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A redactor for text that was redacted before: where a credential stood its fingerprint stands, and still names the key. */
export const redactorOfRedacted = (redactor: Redactor): Redactor => ({
  ...redactor, fingerprint: (secret) => (FINGERPRINT.test(secret) ? secret : redactor.fingerprint(secret)),
});
