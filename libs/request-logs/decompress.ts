import { createGunzip } from 'node:zlib';
import { AppError } from '@keytrail/platform';

/** Bytes a compressed body may grow to. */
export const MOST_INFLATED_BYTES = 64 * 1024 * 1024;

/**
 * The body without its content encoding. gzip is undone with a limit, so that a small body cannot fill the memory (413); `onBytes` hears of every
 * piece before the next one is made, and stops it by throwing. Throws 415 for other encodings and 400 for a broken one.
 */
export async function decompress(body: Buffer, encoding: string | undefined, onBytes: (bytes: number) => void = () => undefined): Promise<Buffer> {
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
  const gunzip = createGunzip();
  gunzip.end(body);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > MOST_INFLATED_BYTES) {
        throw new AppError({ code: 'body_too_large', status: 413, message: `The body is larger than ${MOST_INFLATED_BYTES} bytes when decompressed.` });
      }
      onBytes(piece.length);
      pieces.push(piece);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError({ code: 'invalid_gzip', status: 400, message: 'The body is not valid gzip.' });
  }
  return Buffer.concat(pieces, size);
}
