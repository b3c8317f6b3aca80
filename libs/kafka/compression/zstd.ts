import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { BrokenError, TooLargeError, assertWithin } from './too-large.js';
import { zstdNeeds } from './zstd-frames.js';

type Unpack = (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** The highest level of compression asks for no larger window. */
const LARGEST_WINDOW = 128 << 20;
/** The script shifts its window with every block: a few seconds of work. */
const MOST_MOVED = 2 ** 34;
const BYTES_A_TURN = 1 << 16;

/** Node has zstd of its own from 22.15 on; elsewhere a library in plain JavaScript reads it. */
const native = 'zstdDecompress' in zlib ? promisify(zlib.zstdDecompress as never) as unknown as Unpack : undefined;

/** Unpacks zstd to at most `limit` bytes. */
export async function inflateZstd(data: Buffer, limit: number): Promise<Buffer> {
  const needs = zstdNeeds(data);
  assertWithin(needs.window, LARGEST_WINDOW);
  if (native !== undefined) return inflateNatively(native, data, limit);
  if (needs.moved > MOST_MOVED) throw new TooLargeError('it takes too long to unpack');
  return inflateByScript(data, limit);
}

async function inflateNatively(unpack: Unpack, data: Buffer, limit: number): Promise<Buffer> {
  try {
    return await unpack(data, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLargeError(`it unpacks to more than ${limit} bytes`);
    throw new BrokenError('it is no zstd');
  }
}

async function inflateByScript(data: Buffer, limit: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const stream = new Decompress((part) => {
    bytes += part.length;
    assertWithin(bytes, limit);
    parts.push(part);
  });
  try {
    for (let at = 0; at < data.length; at += BYTES_A_TURN) {
      stream.push(data.subarray(at, at + BYTES_A_TURN), at + BYTES_A_TURN >= data.length);
      await nextTurn();
    }
  } catch (error) {
    throw error instanceof TooLargeError ? error : new BrokenError('it is no zstd');
  }
  return Buffer.concat(parts, bytes);
}
