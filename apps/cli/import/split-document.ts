import { Capture } from './capture.js';
import { tooLong, type Entry } from './entry.js';

const [LF, CR, SPACE, TAB, QUOTE, BACKSLASH, COMMA] = [0x0a, 0x0d, 0x20, 0x09, 0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const longestKey = 64;

const isSpace = (byte: number) => byte === SPACE || byte === LF || byte === CR || byte === TAB;

/** Line breaks inside JSON text stand between tokens only, so blanks serve as well and make one line of it. */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(LF) && !bytes.includes(CR)) return bytes;
  return Buffer.from(bytes.map((byte) => (byte === LF || byte === CR ? SPACE : byte)));
}

/**
 * The entries of a JSON document: the items of a top-level list, the items of the list under `listKey` of a top-level object, or
 * else the object itself. It is read byte by byte and never parsed as a whole, so that its size does not matter; whether an
 * item is good JSON is for the server to say. Several documents may follow one another.
 */
export async function* splitDocument(chunks: AsyncIterable<Buffer>, options: { max: number; listKey?: string | undefined }): AsyncGenerator<Entry> {
  const { max, listKey } = options;
  const capture = new Capture(max);
  let line = 1;
  let item = 0;
  let depth = 0;
  /** Depth the entries stand at: 0 outside a list. */
  let entryDepth = 0;
  let startedAt = 0;
  let capturing = false;
  let inString = false;
  let escaped = false;
  /** The last string directly inside a top-level object. */
  let key: number[] = [];

  const close = (): Entry => {
    capturing = false;
    item += 1;
    const place = { line: startedAt, item };
    const bytes = capture.take();
    return bytes === null ? tooLong(place, max) : { ...place, bytes: onOneLine(bytes) };
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte === LF) line += 1;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        if (inString && depth === 1 && key.length < longestKey) key.push(byte);
        continue;
      }
      const atEntries = depth === entryDepth;
      // A bare value ends at a comma, at the end of its list, or, outside of lists, at the end of the line.
      if (capturing && atEntries && (byte === COMMA || byte === CLOSE_LIST || (depth === 0 && byte === LF))) {
        capture.add(chunk.subarray(from, at));
        yield close();
      } else if (!capturing && atEntries && !isSpace(byte) && byte !== COMMA && !(entryDepth > 0 && byte === CLOSE_LIST)
        && !(depth === 0 && byte === OPEN_LIST)) {
        capturing = true;
        startedAt = line;
        from = at;
      }
      if (byte === QUOTE) {
        inString = true;
        if (depth === 1) key = [];
      } else if (byte === OPEN_OBJECT) {
        depth += 1;
      } else if (byte === OPEN_LIST) {
        const underKey = listKey !== undefined && depth === 1 && entryDepth === 0 && Buffer.from(key).toString() === listKey;
        depth += 1;
        if (depth === 1 && !capturing) entryDepth = 1;
        if (underKey) {
          capture.take();
          capturing = false;
          entryDepth = 2;
        }
      } else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && depth > 0) {
        depth -= 1;
        if (depth < entryDepth) {
          entryDepth = 0;
        } else if (capturing && depth === entryDepth) {
          capture.add(chunk.subarray(from, at + 1));
          yield close();
        }
      }
    }
    if (capturing) capture.add(chunk.subarray(from));
  }
  if (depth > 0 || inString) {
    yield { line: capturing ? startedAt : line, code: 'document_cut_short', reason: 'the JSON document ends before it is closed' };
  } else if (capturing) {
    yield close();
  }
}
