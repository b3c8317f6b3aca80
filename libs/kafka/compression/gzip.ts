import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { BrokenError, TooLargeError } from './too-large.js';

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

/** Unpacks gzip to at most `limit` bytes. */
export async function inflateGzip(data: Buffer, limit: number): Promise<Buffer> {
  try {
    return await gunzip(data, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLargeError(`it unpacks to more than ${limit} bytes`);
    throw new BrokenError('it is no gzip');
  }
}
