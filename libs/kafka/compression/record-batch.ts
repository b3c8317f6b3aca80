import { BrokenError } from './too-large.js';

/** What the header of a batch of records (Kafka's message format 2) says. */
export interface BatchHeader {
  /** Offset of its first record. */
  baseOffset: number;
  records: number;
}

const HEADER_BYTES = 61;
const MAGIC_AT = 16;
const RECORDS_AT = 57;

/**
 * The header that stands in front of the compressed records of a batch, in the same memory. undefined for anything else, such as a
 * message of an older format.
 */
export function headerBefore(compressed: Buffer): BatchHeader | undefined {
  const start = compressed.byteOffset - HEADER_BYTES;
  if (start < 0) return undefined;
  const header = Buffer.from(compressed.buffer, start, HEADER_BYTES);
  // The length counts from behind itself to the end of the records.
  if (header[MAGIC_AT] !== 2 || header.readInt32BE(8) !== HEADER_BYTES - 12 + compressed.length) return undefined;
  return { baseOffset: Number(header.readBigInt64BE(0)), records: header.readInt32BE(RECORDS_AT) };
}

/** Throws {@link BrokenError} unless the bytes are so many records and nothing else: reading beyond the end gives nonsense, or never ends. */
export function assertRecords(bytes: Buffer, records: number): void {
  let at = 0;
  for (let record = 0; record < records; record += 1) {
    let length = 0;
    let shift = 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined || shift > 2 ** 28) throw new BrokenError('it holds fewer records than it says');
      at += 1;
      length += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
      shift *= 128;
    }
    // Zigzag: even numbers are lengths, odd ones below zero.
    if (length % 2 === 1 || length < 12) throw new BrokenError('a record has no length');
    at += length / 2;
    if (at > bytes.length) throw new BrokenError('a record is cut short');
  }
  if (at !== bytes.length) throw new BrokenError('it holds more than its records');
}

/** Records without key and value, each with one header. */
export function emptyRecords(count: number, header: { key: string; value: string }): Buffer {
  const name = withLength(Buffer.from(header.key));
  const value = withLength(Buffer.from(header.value));
  const parts: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    // No attributes, no time of its own, its offset, no key, no value, one header.
    parts.push(withLength(Buffer.concat([Buffer.from([0, 0]), varint(index), varint(-1), varint(-1), varint(1), name, value])));
  }
  return Buffer.concat(parts);
}

const withLength = (bytes: Buffer) => Buffer.concat([varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = ((value << 1) ^ (value >> 31)) >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
