import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { inflateGzip } from './gzip.js';
import { inflateLz4 } from './lz4.js';
import { assertRecords, emptyRecords } from './record-batch.js';
import { inflateSnappy } from './snappy.js';
import { BrokenError, TooLargeError } from './too-large.js';
import { batchUnpacker, UNREADABLE, type Inflate } from './unpack-batch.js';
import { inflateZstd } from './zstd.js';

const MIB = 1 << 20;
const lines = (count: number) => Buffer.from(Array.from({ length: count }, (_, index) => `{"request_id":"r-${index}","path":"/v1/orders/${index * 7919 % 1000}"}`).join('\n'));

/** As snappy-java writes it. */
function xerial(data: Buffer): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < data.length; at += 32_768) {
    const block = compressSync(data.subarray(at, at + 32_768));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** A zstd frame with a window of 8 MiB whose blocks each repeat one byte 128 KiB times, or hold bytes as they are. */
function zstd(blocks: ({ repeat: number; times: number } | Buffer)[], windowByte = 0x68): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowByte])];
  blocks.forEach((block, index) => {
    const header = Buffer.alloc(3);
    const last = index === blocks.length - 1 ? 1 : 0;
    header.writeUIntLE(last | (Buffer.isBuffer(block) ? 0 : 2) | ((Buffer.isBuffer(block) ? block.length : block.times) << 3), 0, 3);
    parts.push(header, Buffer.isBuffer(block) ? block : Buffer.from([block.repeat]));
  });
  return Buffer.concat(parts);
}

const cases: [string, Inflate, (data: Buffer) => Buffer][] = [
  ['gzip', inflateGzip, (data) => gzipSync(data)],
  ['snappy', inflateSnappy, compressSync],
  ['snappy as Java frames it', inflateSnappy, xerial],
  ['lz4', inflateLz4, (data) => compressFrameSync(data)],
  ['lz4 with checksums', inflateLz4, (data) => compressFrameSync(data, { contentChecksum: true, blockChecksums: true })],
  ['zstd', inflateZstd, (data) => zstd([...Array(Math.ceil(data.length / 65_536)).keys()].map((part) => data.subarray(part * 65_536, (part + 1) * 65_536)))],
];

describe.each(cases)('%s', (_name, inflate, compress) => {
  const data = lines(20_000);

  it('gives what was compressed', async () => {
    expect((await inflate(compress(data), 4 * MIB)).equals(data)).toBe(true);
    expect((await inflate(compress(Buffer.from('x')), 4 * MIB)).toString()).toBe('x');
  });

  it('refuses what unpacks to more than the limit', async () => {
    await expect(inflate(compress(data), data.length - 200_000)).rejects.toThrow(TooLargeError);
  });

  it('refuses what is cut short, broken or made up, and nothing else happens', async () => {
    const whole = compress(data);
    for (const cut of [0, 1, 5, 17, whole.length >> 1, whole.length - 1]) await expect(inflate(whole.subarray(0, cut), 4 * MIB)).rejects.toThrow(BrokenError);
    await fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const broken = Buffer.from(whole);
      broken[at]! ^= change;
      const settled = await inflate(broken, 4 * MIB).then(({ length }) => length, (error: unknown) => error);
      expect(typeof settled === 'number' ? settled <= 4 * MIB : settled instanceof BrokenError || settled instanceof TooLargeError).toBe(true);
    }), { numRuns: 60 });
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      await inflate(Buffer.from(bytes), 4 * MIB).then(({ length }) => expect(length).toBeLessThanOrEqual(4 * MIB), (error: unknown) => {
        expect(error instanceof BrokenError || error instanceof TooLargeError).toBe(true);
      });
    }), { numRuns: 200 });
  });
});

describe('a bomb', () => {
  const bombs: [string, Inflate, () => Buffer][] = [
    ['gzip', inflateGzip, () => gzipSync(Buffer.alloc(300 * MIB))],
    ['snappy', inflateSnappy, () => compressSync(Buffer.alloc(300 * MIB))],
    ['lz4', inflateLz4, () => compressFrameSync(Buffer.alloc(300 * MIB))],
    ['zstd', inflateZstd, () => zstd(Array.from({ length: 8_192 }, () => ({ repeat: 0, times: 131_072 })))],
    ['zstd that asks for a huge window', inflateZstd, () => zstd([{ repeat: 0, times: 1 }], 0xa8)],
  ];
  it.each(bombs)('of %s takes no more memory than the limit', async (_name, inflate, make) => {
    const bomb = make();
    const before = process.memoryUsage.rss();
    await expect(inflate(bomb, 16 * MIB)).rejects.toThrow(TooLargeError);
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 * MIB);
  });
});

/** A batch as it lies in a broker's answer; several in one piece of memory. */
function answerOf(batches: { records: number; compressed: Buffer }[]): Buffer[] {
  const memory = Buffer.from(new ArrayBuffer(batches.reduce((sum, { compressed }) => sum + 61 + compressed.length, 0)));
  let at = 0;
  return batches.map(({ records, compressed }) => {
    memory.writeBigInt64BE(7_000n, at);
    memory.writeInt32BE(49 + compressed.length, at + 8);
    memory[at + 16] = 2;
    memory.writeInt32BE(records, at + 57);
    compressed.copy(memory, at + 61);
    at += 61 + compressed.length;
    return memory.subarray(at - compressed.length, at);
  });
}

describe('a batch of records', () => {
  const limits = { batchBytes: MIB, answerBytes: MIB / 2 };
  const records = (count: number, valueBytes = 0) => emptyRecords(count, { key: 'k', value: 'x'.repeat(valueBytes) });
  const told: string[] = [];
  const unpack = batchUnpacker(inflateGzip, (problem) => told.push(problem), limits);
  const batch = (count: number, bytes: Buffer = records(count)) => ({ records: count, compressed: gzipSync(bytes) });

  it('is unpacked', async () => {
    const [one] = answerOf([batch(1_000)]);
    expect((await unpack(one!)).equals(records(1_000))).toBe(true);
  });

  it('that does not fit beside those before it in the same answer is left for the next one, and fits alone', async () => {
    const large = { records: 5, compressed: gzipSync(records(5, 60_000)) };
    const [first, second] = answerOf([large, large]);
    await unpack(first!);
    await expect(unpack(second!)).rejects.toThrow(expect.objectContaining({ name: 'KafkaJSPartialMessageError' }));
    expect((await unpack(answerOf([large])[0]!)).length).toBeGreaterThan(300_000);
  });

  it.each<[string, { records: number; compressed: Buffer }, string]>([
    ['that is too large', { records: 3, compressed: gzipSync(records(3, MIB)) }, 'it unpacks to more than'],
    ['of many small records', batch(5_000, records(5_000)), 'it takes more than'],
    ['that is broken', { records: 3, compressed: Buffer.from('nonsense') }, 'it is no gzip'],
    ['that holds fewer records than it says', { records: 4, compressed: gzipSync(records(3)) }, 'it holds fewer records than it says'],
    ['that holds more than its records', { records: 2, compressed: gzipSync(records(3)) }, 'it holds more than its records'],
    ['whose records are nonsense', { records: 1, compressed: gzipSync(Buffer.from([0x03, 0x00])) }, 'a record has no length'],
  ])('%s gives as many records that say why, and a line in the log', async (_name, bad, reason) => {
    told.length = 0;
    const standIn = await unpack(answerOf([bad])[0]!);
    expect(() => assertRecords(standIn, bad.records)).not.toThrow();
    expect(standIn.toString('latin1').split(UNREADABLE)).toHaveLength(bad.records + 1);
    expect(standIn.toString('latin1')).toContain(reason);
    expect(told).toEqual([expect.stringContaining(`batch of ${bad.records} messages from offset 7000 cannot be read, its messages go to the dead letters: ${reason}`)]);
  });

  it('of more records than the client can hand on stops its partition, and the log says so', async () => {
    told.length = 0;
    await expect(unpack(answerOf([{ records: 100_001, compressed: gzipSync('') }])[0]!)).rejects.toThrow(expect.objectContaining({ name: 'KafkaJSPartialMessageError' }));
    expect(told).toEqual([expect.stringContaining('stops its partition')]);
  });
});
