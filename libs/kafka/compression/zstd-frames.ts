import { BrokenError } from './too-large.js';

/** What unpacking takes. */
export interface ZstdNeeds {
  /** Bytes of the largest window of a frame. */
  window: number;
  /** Bytes that move in memory when every block shifts its window. */
  moved: number;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const RLE = 1;
const RESERVED = 3;

/** Walks frames and blocks (RFC 8878) without unpacking them. Throws {@link BrokenError} when they do not end where the data does. */
export function zstdNeeds(data: Buffer): ZstdNeeds {
  if (data.length === 0) throw new BrokenError('it is no zstd frame');
  const needs: ZstdNeeds = { window: 0, moved: 0 };
  try {
    for (let at = 0; at < data.length;) at = walkFrame(data, at, needs);
  } catch (error) {
    throw error instanceof BrokenError ? error : new BrokenError('the zstd frame is cut short');
  }
  return needs;
}

function walkFrame(data: Buffer, start: number, needs: ZstdNeeds): number {
  const magic = data.readUInt32LE(start);
  if ((magic & 0xfffffff0) === SKIPPABLE) return start + 8 + data.readUInt32LE(start + 4);
  if (magic !== MAGIC) throw new BrokenError('it is no zstd frame');
  const descriptor = data.readUInt8(start + 4);
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeAt = start + 5 + (single ? 0 : 1) + dictionaryBytes;
  const window = single ? contentSize(data, sizeAt, sizeBytes) : windowOf(data.readUInt8(start + 5));
  needs.window = Math.max(needs.window, window);
  for (let at = sizeAt + sizeBytes; ;) {
    const header = data.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw new BrokenError('a block of zstd has no known type');
    at += 3 + (type === RLE ? 1 : header >> 3);
    needs.moved += window;
    if (header & 1) return at + (descriptor & 0x04 ? 4 : 0);
  }
}

function contentSize(data: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return data.readUInt32LE(at) + data.readUInt32LE(at + 4) * 2 ** 32;
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}
