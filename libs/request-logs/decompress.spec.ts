import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '@keytrail/platform';
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

  it('tells of what it makes piece by piece, and stops when told to', async () => {
    const whole = gzipSync(Buffer.alloc(1 << 20));
    let told = 0;
    expect(await decompress(whole, 'gzip', (bytes) => { told += bytes; })).toHaveLength(1 << 20);
    expect(told).toBe(1 << 20);
    const busy = new AppError({ code: 'intake_busy', status: 429, message: 'full' });
    told = 0;
    await expect(decompress(whole, 'gzip', (bytes) => {
      told += bytes;
      if (told > 1 << 17) throw busy;
    })).rejects.toBe(busy);
    expect(told).toBeLessThan(1 << 18);
  });

  it('refuses what only claims to be gzip, and what was cut off', async () => {
    await expect(decompress(Buffer.from('plain'), 'gzip')).rejects.toMatchObject({ status: 400, code: 'invalid_gzip' });
    await expect(decompress(gzipSync('some text that was cut').subarray(0, 20), 'gzip')).rejects.toMatchObject({ status: 400 });
  });

  it('refuses encodings it does not know', async () => {
    await expect(decompress(Buffer.from('x'), 'br')).rejects.toMatchObject({ status: 415 });
  });
});
