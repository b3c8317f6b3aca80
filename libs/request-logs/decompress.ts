import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '@keytrail/platform';

/** Bytes a compressed body may grow to. */
export const MOST_INFLATED_BYTES = 64 * 1024 * 1024;

const inflate = promisify(gunzip);

/**
 * The body without its content encoding. gzip is undone with a limit, so that a small body cannot fill the memory (413). Throws 415 for
 * other encodings and 400 for a broken one.
 */
export async function decompress(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  switch (encoding?.trim().toLowerCase() ?? 'identity') {
    case 'identity':
    case '':
      return body;
    case 'gzip':
    case 'x-gzip':
      break;
    default:
      throw new AppError({ code: 'unsupported_content_encoding', status: 415, message: 'Content-Encoding must be gzip or absent.' });
  }
  try {
    return await inflate(body, { maxOutputLength: MOST_INFLATED_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new AppError({ code: 'body_too_large', status: 413, message: `The body is larger than ${MOST_INFLATED_BYTES} bytes when decompressed.` });
    }
    throw new AppError({ code: 'invalid_gzip', status: 400, message: 'The body is not valid gzip.' });
  }
}
