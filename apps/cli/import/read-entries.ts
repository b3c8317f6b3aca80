import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { RequestLogFormat } from '@keytrail/contracts';
import type { Entry } from './entry.js';
import { splitDocument } from './split-document.js';
import { splitLines } from './split-lines.js';

const longestHead = 65_536;

export interface ReadOptions {
  format: RequestLogFormat;
  /** Bytes an entry may have. */
  max: number;
  /** What `-` reads. */
  stdin: Readable;
  /** Told of every chunk as it comes off the disk, compressed or not. */
  onBytes?: ((bytes: number) => void) | undefined;
}

async function* rawChunks(path: string, { stdin, onBytes }: ReadOptions): AsyncGenerator<Buffer> {
  for await (const chunk of path === '-' ? stdin : createReadStream(path, { highWaterMark: 262_144 })) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    onBytes?.(bytes.length);
    yield bytes;
  }
}

/** Reads until `enough`, and gives back what was read and an iteration that starts with it. */
async function peek(chunks: AsyncGenerator<Buffer>, enough: (head: Buffer) => boolean): Promise<{ head: Buffer; chunks: AsyncGenerator<Buffer> }> {
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
    if (enough(head)) break;
  }
  async function* all() {
    if (head.length > 0) yield head;
    yield* chunks;
  }
  return { head, chunks: all() };
}

/** By its first bytes, not by its name: standard input has none. */
async function unzipped(raw: AsyncGenerator<Buffer>): Promise<AsyncGenerator<Buffer>> {
  const { head, chunks } = await peek(raw, ({ length }) => length >= 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return chunks;
  const gunzip = createGunzip();
  // An error of either side comes out of the iteration below.
  pipeline(Readable.from(chunks), gunzip, () => undefined);
  async function* plain() {
    for await (const chunk of gunzip) yield chunk as Buffer;
  }
  return plain();
}

async function* withoutByteOrderMark(head: Buffer, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let first = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  for await (const chunk of chunks) {
    yield first ? chunk.subarray(3) : chunk;
    first = false;
  }
}

/** The list that a whole file of CloudTrail is. */
const listKeyOf = (format: RequestLogFormat) => (format === 'cloudtrail' || format === 'auto' ? 'Records' : undefined);

const firstLine = (head: Buffer) => head.toString('utf8').replace(/^\ufeff/, '').trimStart();

/** One JSON document rather than a document a line: a list, an object opened on a line of its own, CloudTrail's Records. */
function isDocument(head: Buffer, format: RequestLogFormat): boolean {
  const start = firstLine(head);
  return start.startsWith('[') || /^\{[ \t]*\r?(\n|$)/.test(start) || (listKeyOf(format) !== undefined && /^\{\s*"Records"\s*:/.test(start));
}

/** The log entries of a file, plain or gzipped, with their places. Rejects when the file cannot be read or unpacked. */
export async function* readEntries(path: string, options: ReadOptions): AsyncGenerator<Entry> {
  const enough = (head: Buffer) => head.length >= longestHead || firstLine(head).includes('\n');
  const { head, chunks } = await peek(await unzipped(rawChunks(path, options)), enough);
  const text = withoutByteOrderMark(head, chunks);
  if (!isDocument(head, options.format)) yield* splitLines(text, options.max);
  else yield* splitDocument(text, { max: options.max, listKey: listKeyOf(options.format) });
}
