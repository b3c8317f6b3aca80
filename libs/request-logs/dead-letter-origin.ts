import { isUtf8 } from 'node:buffer';
import type { RequestLogFormat } from '@keytrail/contracts';
import { MAX_PAYLOAD_BYTES, NO_TEXT } from './dead-letter.js';
import { formats } from './formats/index.js';
import { normaliseLine } from './normalise.js';
import type { RawLine } from './raw-line.js';
import type { IntakeContext } from './take-in.js';

/** What is kept of a dead letter so that it can be taken in again. */
export interface DeadLetterOrigin {
  format: RequestLogFormat;
  /** Workspace of lines that named none. */
  default_workspace: string;
  /** Whether the payload is the whole line, secrets apart. */
  whole: boolean;
  /** Requests of the line that were refused, and which ones, from 0; null = all in it. */
  requests: number;
  items: number[] | null;
  topic: string | null;
  partition: number | null;
  offset: number | null;
}

/** A character of several bytes may have been left out where the payload was cut. */
const CUT = MAX_PAYLOAD_BYTES - 4;

/** `refused`: how many requests of the line were. */
export function originOf(line: RawLine, refused: number, payload: string, format: RequestLogFormat, context: IntakeContext): DeadLetterOrigin {
  const { topic, partition, offset } = line;
  return {
    format, default_workspace: context.defaultWorkspace, whole: line.problem?.code !== 'unreadable_batch' && isWhole(line.raw, payload),
    requests: refused, items: refusedItems(line, refused, format, context),
    ...(topic ? { topic, partition: partition ?? null, offset: offset ?? null } : { topic: null, partition: null, offset: null }),
  };
}

function isWhole(raw: Buffer, payload: string): boolean {
  if (raw.length > MAX_PAYLOAD_BYTES || Buffer.byteLength(payload) >= CUT || !isUtf8(raw)) return false;
  const text = raw.toString('utf8');
  return text.replace(NO_TEXT, '') === text;
}

/** The others are stored: taking those in again would double them. */
function refusedItems(line: RawLine, refused: number, format: RequestLogFormat, context: IntakeContext): number[] | null {
  if (line.problem !== undefined) return null;
  const items = formats[format](line.value);
  if (items.length === refused) return null;
  const { receivedAt } = line;
  return items.flatMap((item, index) => (item.problem === undefined && normaliseLine(item.line, { ...context, receivedAt }).row !== undefined ? [] : [index]));
}
