/** The parts of one line, unescaped. */
export interface CombinedRecord {
  address: string;
  user: string;
  /** `10/Oct/2000:13:55:36 -0700` */
  time: string;
  request: string;
  status: string;
  bytes: string;
  referer: string | undefined;
  userAgent: string | undefined;
  /** The first quoted text behind the user agent that has no name and is not `-`. */
  extra: string | undefined;
  /** `name=value` behind the user agent; of a name that comes twice the first, so that nobody can add a second behind it. */
  named: Record<string, string>;
}

/** Callers choose the user's name, but cannot write a quote: both servers escape it. */
const HEAD = /^(\S+) (\S+) (.*?) ?\[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "/;
const QUOTED = /((?:[^"\\]|\\[^])*)"/y;
const NUMBERS = / (\d{3}|-) (\d{1,15}|-)(?= |$)/y;
const CALLER = / "((?:[^"\\]|\\[^])*)" "((?:[^"\\]|\\[^])*)"(?= |$)/y;
const EXTRA = /\s+(?:([A-Za-z][A-Za-z0-9_.-]{0,63})=)?(?:"((?:[^"\\]|\\[^])*)"|([^\s"]+))/y;
const MOST_EXTRAS = 64;
/** A shorter word is rather a ratio, a port or a flag than a key. */
const SHORTEST_KEY = 8;

/** Reads a line of the common or combined log format, or undefined when it is none. Linear in the length of the line. */
export function readCombined(text: string): CombinedRecord | undefined {
  const line = text.trimStart();
  const head = HEAD.exec(line);
  if (!head) return undefined;
  const [opening, address, , user, time] = head as unknown as [string, string, string, string, string];
  let at = opening.length;
  const next = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const match = expression.exec(line);
    if (match) at = expression.lastIndex;
    return match;
  };
  const request = next(QUOTED);
  const numbers = request && next(NUMBERS);
  if (!numbers) return undefined;
  const caller = next(CALLER);
  let extra: string | undefined;
  const named: Record<string, string> = {};
  let match = caller && next(EXTRA);
  for (let count = 0; match && count < MOST_EXTRAS; count += 1, match = next(EXTRA)) {
    const [, name, quoted, bare] = match;
    const value = unescaped(quoted ?? bare ?? '');
    if (name === undefined) {
      if (extra === undefined && quoted !== undefined && value.length >= SHORTEST_KEY) extra = value;
    } else if (name !== '__proto__' && !Object.hasOwn(named, name)) named[name] = value;
  }
  return {
    address, user: unescaped(user), time, request: unescaped(request![1]!), status: numbers[1]!, bytes: numbers[2]!,
    referer: caller ? unescaped(caller[1]!) : undefined, userAgent: caller ? unescaped(caller[2]!) : undefined, extra, named,
  };
}

const ESCAPES = /(?:\\x[0-9A-Fa-f]{2})+|\\u([0-9A-Fa-f]{4})|\\([^])/g;
const LETTERS: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

/** nginx and Apache write bytes that are no printable ASCII as `\xHH`, and quotes as `\x22` or `\"`. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPES, (whole, unit: string | undefined, letter: string | undefined) => {
    if (unit !== undefined) return String.fromCharCode(parseInt(unit, 16));
    if (letter !== undefined) return LETTERS[letter] ?? letter;
    return Buffer.from(whole.replaceAll('\\x', ''), 'hex').toString('utf8');
  });
}
