const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Index of the first byte from `at` on, before `end`, that is no JSON white space. */
export function skipSpace(bytes: Buffer, at: number, end = bytes.length): number {
  let next = at;
  while (next < end && isSpace(bytes[next]!)) next += 1;
  return next;
}

/** Whether arrays and objects nest deeper than `maxDepth`. Linear; brackets in strings do not count. */
export function isDeeper(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth || !hasBrackets(text, maxDepth)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/** Index of the quote that ends the string which starts at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === BACKSLASH) at += 1;
    else if (unit === QUOTE) return at;
  }
  return at;
}

/** Whether there are more than `count` opening brackets at all: the cheap question that settles it for nearly every line. */
function hasBrackets(text: string, count: number): boolean {
  let left = count;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}

/** Where the JSON value that starts at `start` ends (exclusive), by its brackets and quotes alone; -1 when it does not end. */
export function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first !== 0x7b && first !== 0x5b && first !== QUOTE) {
    let at = start;
    while (at < bytes.length && !isSpace(bytes[at]!) && bytes[at] !== COMMA && bytes[at] !== COLON && bytes[at] !== 0x5d && bytes[at] !== 0x7d) at += 1;
    return at;
  }
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      for (at += 1; at < bytes.length && bytes[at] !== QUOTE; at += 1) {
        if (bytes[at] === BACKSLASH) at += 1;
      }
      if (at >= bytes.length) return -1;
      if (depth === 0) return at + 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

export interface ArraySpans {
  /** Start and end (exclusive) of each item, in turn. */
  spans: number[];
  /** Just after the closing bracket; -1 when there are more items than asked for. */
  end: number;
}

/**
 * Finds the items of the array whose bracket is at `start` without reading them; undefined when it is not a complete array. Looks no
 * further than the item after `maxItems`: `end` is -1 then.
 */
export function splitArray(bytes: Buffer, start: number, maxItems = Infinity): ArraySpans | undefined {
  const spans: number[] = [];
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === 0x5d) return { spans, end: at + 1 };
  while (at < bytes.length) {
    const end = endOfValue(bytes, at);
    if (end <= at) return undefined;
    if (spans.length / 2 >= maxItems) return { spans, end: -1 };
    spans.push(at, end);
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x5d) return { spans, end: at + 1 };
    if (bytes[at] !== COMMA) return undefined;
    at = skipSpace(bytes, at + 1);
  }
  return undefined;
}
