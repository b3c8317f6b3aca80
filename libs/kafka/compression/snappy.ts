import { uncompress } from 'snappy';
import { BrokenError, assertWithin } from './too-large.js';

/** Java clients cut the data into blocks behind this: the magic bytes, two versions, then each block behind its length. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Unpacks snappy, raw or in the framing of Java clients, to at most `limit` bytes. */
export async function inflateSnappy(data: Buffer, limit: number): Promise<Buffer> {
  const blocks = data.subarray(0, XERIAL.length).equals(XERIAL) ? [...xerialBlocks(data)] : [data];
  assertWithin(blocks.reduce((sum, block) => sum + promisedLength(block), 0), limit);
  const parts: Buffer[] = [];
  for (const block of blocks) parts.push(await uncompressBlock(block));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

async function uncompressBlock(block: Buffer): Promise<Buffer> {
  try {
    return await uncompress(block, { asBuffer: true }) as Buffer;
  } catch {
    throw new BrokenError('it is no snappy');
  }
}

function* xerialBlocks(data: Buffer): Generator<Buffer> {
  for (let at = XERIAL_HEADER_BYTES; at < data.length;) {
    const end = at + 4 <= data.length ? at + 4 + data.readUInt32BE(at) : Infinity;
    if (end > data.length) throw new BrokenError('a block of snappy is cut short');
    yield data.subarray(at + 4, end);
    at = end;
  }
}

/** A block starts with the length of what it holds, as a varint of at most 32 bits. */
function promisedLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  throw new BrokenError('a block of snappy has no length');
}
