import { Capture } from './capture.js';
import { tooLong, type Entry } from './entry.js';

const LF = 0x0a;
const CR = 0x0d;

const isBlank = (bytes: Buffer) => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);

/** The lines of NDJSON, as the bytes they are; blank ones are left out but counted. A line beyond `max` bytes becomes an error. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, max: number): AsyncGenerator<Entry> {
  const capture = new Capture(max);
  let line = 1;
  const close = (): Entry | null => {
    const bytes = capture.take();
    if (bytes === null) return tooLong({ line }, max);
    const text = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
    return isBlank(text) ? null : { line, bytes: text };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      capture.add(chunk.subarray(start, end));
      const entry = close();
      if (entry) yield entry;
      line += 1;
      start = end + 1;
    }
    capture.add(chunk.subarray(start));
  }
  const last = close();
  if (last) yield last;
}
