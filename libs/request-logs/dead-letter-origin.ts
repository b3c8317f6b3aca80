import { isUtf8 } from 'node:buffer';
import type { RequestLogFormat } from '@keytrail/contracts';
import { MAX_PAYLOAD_BYTES, NO_TEXT } from './dead-letter.js';
import type { RawLine } from './raw-line.js';
import type { IntakeContext } from './take-in.js';

/** What is kept of a dead letter so that it can be taken in again. */
export interface DeadLetterOrigin {
  format: RequestLogFormat;
  /** Workspace of lines that named none. */
  default_workspace: string;
  /** Whether the payload is the whole line, secrets apart. */
  whole: boolean;
  /** Requests of the line or message that were refused, and which ones, from 0; null = all in it. */
  requests: number;
  items: number[] | null;
  topic: string | null;
  partition: number | null;
  offset: number | null;
}

/** A character of several bytes may have been left out where the payload was cut. */
const CUT = MAX_PAYLOAD_BYTES - 4;

export function originOf(line: RawLine, { requests, items }: Pick<DeadLetterOrigin, 'requests' | 'items'>, payload: string, format: RequestLogFormat, context: IntakeContext): DeadLetterOrigin {
  const { topic, partition, offset } = line;
  // Requests of a message are counted through its lines: what is left of them in a payload could be read as one line.
  const isPartOfMessage = line.line === 0 && items !== null;
  return {
    format, default_workspace: context.defaultWorkspace, requests, items,
    whole: !isPartOfMessage && line.problem?.code !== 'unreadable_batch' && isWhole(line.raw, payload),
    ...(topic ? { topic, partition: partition ?? null, offset: offset ?? null } : { topic: null, partition: null, offset: null }),
  };
}

function isWhole(raw: Buffer, payload: string): boolean {
  if (raw.length > MAX_PAYLOAD_BYTES || Buffer.byteLength(payload) >= CUT || !isUtf8(raw)) return false;
  const text = raw.toString('utf8');
  return text.replace(NO_TEXT, '') === text;
}
