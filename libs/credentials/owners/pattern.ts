/** What a pattern is held against: a key lies in its service as a file in a folder. */
export interface PatternSubject {
  service: string;
  name: string;
}

export type Matches = (key: PatternSubject) => boolean;

const LONGEST = 256;

/**
 * A pattern of a CODEOWNERS-like file, over `service/key-name`: `*` is everything; one part is a service or the name of a key; with a slash before or
 * after it is a service; two parts are both. `*` and `?` stand for characters of a part, and never for a slash. Returns why not where it is no such pattern.
 */
export function compilePattern(pattern: string): Matches | string {
  if (pattern.length > LONGEST) return `a pattern has ${LONGEST} characters at most`;
  if (/[!\\[\]]/.test(pattern)) return '! \\ [ and ] mean nothing here';
  const parts = pattern.split('/');
  const anchored = parts[0] === '';
  if (anchored) parts.shift();
  if (parts[0] === '**' && parts.length > 1) {
    parts.shift();
    if (parts.length === 1) return anyOf(parts[0]!);
  }
  const inside = parts.length === 2 && ['', '*', '**'].includes(parts[1]!);
  if (inside) parts.pop();
  if (parts.length === 0 || parts.length > 2 || parts.some((part) => part === '')) return 'a pattern is a service, a key name, or service/key-name';
  const [first = '', second] = parts;
  if (second !== undefined) return ({ service, name }) => globMatches(first, service) && globMatches(second, name);
  return anchored || inside ? ({ service }) => globMatches(first, service) : anyOf(first);
}

const anyOf = (glob: string): Matches => ({ service, name }) => globMatches(glob, service) || globMatches(glob, name);

/** `*`: any characters, `?`: one. As many steps as both are long together, times the stars at worst; no backtracking further than the last star. */
export function globMatches(glob: string, text: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let position = 0; position < text.length;) {
    if (glob[at] === '*') {
      star = at;
      resume = position;
      at += 1;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[position])) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      position = resume;
    } else {
      return false;
    }
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
