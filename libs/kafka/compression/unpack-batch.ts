import { randomBytes } from 'node:crypto';
import { assertRecords, emptyRecords, headerBefore } from './record-batch.js';
import { BrokenError, TooLargeError } from './too-large.js';

/** Unpacks to at most `limit` bytes. Rejects with TooLargeError or BrokenError. */
export type Inflate = (data: Buffer, limit: number) => Promise<Buffer>;

export interface UnpackLimits {
  /** Bytes that one batch may take in memory, unpacked and taken apart. */
  batchBytes: number;
  /** Bytes that all batches of one answer of a broker may take, unless the first alone takes more. */
  answerBytes: number;
}

export const UNPACK_LIMITS: UnpackLimits = { batchBytes: 128 << 20, answerBytes: 48 << 20 };

/** What a record costs besides its bytes, as kafkajs holds it. */
const BYTES_A_RECORD = 256;
/** kafkajs hands the records of a batch on as arguments of a call, and a call takes not many more. */
const MOST_RECORDS = 100_000;

/** Name of the header of records that stand for those of a batch that cannot be read. Nobody who sends messages knows it. */
export const UNREADABLE = `keytrail-unreadable-${randomBytes(12).toString('hex')}`;

/** kafkajs ends the answer's partition before this batch: it comes again with the next answer. */
class LaterError extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

/**
 * Unpacks the records of one batch within bounds. All batches of one answer lie in one piece of memory, by which what was unpacked of it
 * is counted; what does not fit any more is left for the next answer. A batch that can never be unpacked gives as many records that say
 * why, so that each offset is accounted for and those behind it are read.
 */
export function batchUnpacker(inflate: Inflate, tell: (problem: string) => void, limits: UnpackLimits = UNPACK_LIMITS): (compressed: Buffer) => Promise<Buffer> {
  return async (compressed) => {
    const header = headerBefore(compressed);
    const used = unpackedOf.get(compressed.buffer) ?? 0;
    const overhead = (header?.records ?? 0) * BYTES_A_RECORD;
    const room = (used === 0 ? limits.batchBytes : limits.answerBytes - used) - overhead;
    try {
      if (header !== undefined && header.records > MOST_RECORDS) throw new BrokenError(`it holds more than ${MOST_RECORDS} messages`);
      if (room <= 0) throw new TooLargeError(`it takes more than ${limits.batchBytes} bytes`);
      const records = await inflate(compressed, room);
      if (header !== undefined) assertRecords(records, header.records);
      unpackedOf.set(compressed.buffer, used + records.length + overhead);
      return records;
    } catch (error) {
      if (error instanceof TooLargeError && used > 0) throw new LaterError(error.message);
      if (!(error instanceof TooLargeError || error instanceof BrokenError) || header === undefined) throw error;
      const place = `the batch of ${header.records} messages from offset ${header.baseOffset}`;
      if (header.records > MOST_RECORDS) {
        tell(`${place} cannot be read and stops its partition: ${error.message}`);
        throw new LaterError(error.message);
      }
      tell(`${place} cannot be read, its messages go to the dead letters: ${error.message}`);
      return emptyRecords(header.records, { key: UNREADABLE, value: error.message });
    }
  };
}

/** Bytes unpacked of each answer, for as long as it is held. */
const unpackedOf = new WeakMap<ArrayBufferLike, number>();
