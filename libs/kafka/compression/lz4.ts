import { decompressFrame } from 'lz4-napi';
import { BrokenError, assertWithin } from './too-large.js';

const MAGIC = 0x184d2204;
const LARGEST_BLOCK: Record<number, number> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 };
/** A byte of a block stands for at most so many. */
const MOST_GAIN = 255;

/** Unpacks an LZ4 frame to at most `limit` bytes. */
export async function inflateLz4(data: Buffer, limit: number): Promise<Buffer> {
  assertWithin(mostBytesIn(data), limit);
  try {
    return await decompressFrame(data);
  } catch {
    throw new BrokenError('it is no LZ4 frame');
  }
}

/** As many bytes as the blocks of a frame can hold: the library unpacks whatever comes, so it is added up before. */
function mostBytesIn(data: Buffer): number {
  if (data.length < 7 || data.readUInt32LE(0) !== MAGIC) throw new BrokenError('it is no LZ4 frame');
  const flags = data[4]!;
  const largest = LARGEST_BLOCK[(data[5]! >> 4) & 7];
  if (largest === undefined) throw new BrokenError('the LZ4 frame names no size of blocks');
  const checksum = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let most = 0;
  for (;;) {
    if (at + 4 > data.length) throw new BrokenError('the LZ4 frame is cut short');
    const word = data.readUInt32LE(at);
    if (word === 0) break;
    const size = word & 0x7fffffff;
    most += word >= 0x80000000 ? size : Math.min(largest, size * MOST_GAIN);
    at += 4 + size + checksum;
  }
  if (at + 4 + (flags & 0x04 ? 4 : 0) !== data.length) throw new BrokenError('there is something behind the LZ4 frame');
  return most;
}
