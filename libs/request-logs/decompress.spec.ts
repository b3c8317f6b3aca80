import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { MOST_INFLATED_BYTES, decompress } from './decompress.js';

describe('decompress', () => {
  it('undoes gzip and leaves plain bodies alone', async () => {
    expect((await decompress(gzipSync('{"a":1}'), 'gzip')).toString()).toBe('{"a":1}');
    expect((await decompress(Buffer.from('x'), undefined)).toString()).toBe('x');
  });

  it('stops a bomb at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(MOST_INFLATED_BYTES + 1));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    await expect(decompress(bomb, 'gzip')).rejects.toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('refuses what only claims to be gzip, and what was cut off', async () => {
    await expect(decompress(Buffer.from('plain'), 'gzip')).rejects.toMatchObject({ status: 400, code: 'invalid_gzip' });
    await expect(decompress(gzipSync('some text that was cut').subarray(0, 20), 'gzip')).rejects.toMatchObject({ status: 400 });
  });

  it('refuses encodings it does not know', async () => {
    await expect(decompress(Buffer.from('x'), 'br')).rejects.toMatchObject({ status: 415 });
  });
});
