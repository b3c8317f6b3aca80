import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Logger } from '@nestjs/common';
import kafkajs from 'kafkajs';
import { inflateGzip } from './gzip.js';
import { inflateLz4 } from './lz4.js';
import { inflateSnappy } from './snappy.js';
import { batchUnpacker, type Inflate } from './unpack-batch.js';
import { inflateZstd } from './zstd.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const compress = promisify(gzip);
/** A batch that stops its partition comes again and again. */
const TELL_AGAIN_MS = 60_000;

/** Lets kafkajs read every codec of Kafka, each batch within bounds. It writes gzip only. Does nothing the second time. */
export function registerCodecs(): void {
  const logger = new Logger('kafka');
  const told = new Map<string, number>();
  const tell = (problem: string) => {
    const now = performance.now();
    if (now - (told.get(problem) ?? -Infinity) < TELL_AGAIN_MS) return;
    if (told.size > 1_000) told.clear();
    told.set(problem, now);
    logger.error(problem);
  };
  const codec = (name: string, inflate: Inflate) => {
    const decompress = batchUnpacker(inflate, (problem) => tell(`${name}: ${problem}`));
    return () => ({
      decompress,
      async compress({ buffer }: { buffer: Buffer }): Promise<Buffer> {
        if (name !== 'gzip') throw new Error(`messages are not written as ${name}`);
        return compress(buffer);
      },
    });
  };
  CompressionCodecs[CompressionTypes.GZIP] = codec('gzip', inflateGzip);
  CompressionCodecs[CompressionTypes.Snappy] = codec('snappy', inflateSnappy);
  CompressionCodecs[CompressionTypes.LZ4] = codec('lz4', inflateLz4);
  CompressionCodecs[CompressionTypes.ZSTD] = codec('zstd', inflateZstd);
}
