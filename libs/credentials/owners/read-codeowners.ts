import { badRequest } from '@keytrail/platform';
import { isEmail, isHandle, type LineProblem } from './import-row.js';
import { compilePattern, type Matches } from './pattern.js';

const MOST_PATTERNS = 2_000;

/** A line: whose the keys are that it matches. */
export interface OwnerRule {
  line: number;
  matches: Matches;
  /** An e-mail address, or `@` and a handle; null: whose they are, they stay. */
  owner: string | null;
  /** How many more the line names. */
  others: number;
}

export interface ReadRules {
  /** A line with a pattern that cannot be read is not among them, and nobody knows what it would have matched. */
  rules: OwnerRule[];
  refused: LineProblem[];
}

/** The patterns of a CODEOWNERS-like file, in their order. Throws 400 for too many. */
export function readCodeowners(text: string): ReadRules {
  const read: ReadRules = { rules: [], refused: [] };
  text.replace(/^\ufeff/, '').split(/\r?\n/).forEach((content, index) => {
    const line = index + 1;
    const [pattern, ...owners] = withoutComment(content).trim().split(/\s+/);
    if (pattern === undefined || pattern === '') return;
    const refuse = (code: string, message: string) => read.refused.push({ line, code, message });
    const matches = compilePattern(pattern);
    if (typeof matches === 'string') refuse('invalid_pattern', matches);
    else if (owners.every(isOwner)) read.rules.push({ line, matches, owner: owners[0] ?? null, others: Math.max(0, owners.length - 1) });
    else {
      refuse('invalid_owner', 'an owner must be @handle or an e-mail address');
      // What it matches is not left to the lines before it.
      read.rules.push({ line, matches, owner: null, others: 0 });
    }
    if (read.rules.length > MOST_PATTERNS) throw badRequest('too_many_lines', `More than ${MOST_PATTERNS} patterns are not taken.`);
  });
  return read;
}

const isOwner = (owner: string) => (owner.startsWith('@') ? isHandle(owner.slice(1)) : isEmail(owner));

function withoutComment(line: string): string {
  const begins = line.search(/(?:^|\s)#/);
  return begins < 0 ? line : line.slice(0, begins);
}
