import { refuse } from './sigma-error.js';

/** What a condition says, over the names of searches. */
export type Condition =
  | { search: string }
  | { not: Condition }
  | { and: Condition[] }
  | { or: Condition[] };

const DEEPEST = 32;

/** Reads `a and not (b or 1 of c*)`. Throws `SigmaError` that names what is not understood. */
export function readCondition(text: string, searches: readonly string[]): Condition {
  if (text.includes('|')) refuse('condition', 'pipes and aggregations are not supported; write a correlation');
  const tokens = text.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const isNext = (word: string) => tokens[at]?.toLowerCase() === word;
  const chain = (word: 'and' | 'or', operand: (depth: number) => Condition) => (depth: number): Condition => {
    const parts = [operand(depth)];
    while (isNext(word)) {
      at += 1;
      parts.push(operand(depth));
    }
    return parts.length === 1 ? parts[0]! : word === 'and' ? { and: parts } : { or: parts };
  };
  const one = (depth: number): Condition => {
    if (depth > DEEPEST) return refuse('condition', `nested deeper than ${DEEPEST} levels`);
    const token = tokens[at];
    if (token === undefined) return refuse('condition', 'ends too early');
    at += 1;
    if (token.toLowerCase() === 'not') return { not: one(depth + 1) };
    if (token === '(') {
      const inner = either(depth + 1);
      if (tokens[at] !== ')') refuse('condition', 'a parenthesis is not closed');
      at += 1;
      return inner;
    }
    if (isNext('of')) {
      at += 1;
      return quantified(token, tokens[at++]);
    }
    return searches.includes(token) ? { search: token } : refuse('condition', `there is no search ${token}; there are ${searches.join(', ')}`);
  };
  const quantified = (count: string, pattern: string | undefined): Condition => {
    if (!['1', 'any', 'all'].includes(count.toLowerCase())) return refuse('condition', `${count} of is not supported; there are 1 of, any of and all of`);
    if (pattern === undefined) return refuse('condition', 'ends too early');
    const found = searches.filter((name) => (pattern === 'them' ? !name.startsWith('_') : pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))
      .map((search) => ({ search }));
    if (found.length === 0) return refuse('condition', `no search fits ${pattern}`);
    return count.toLowerCase() === 'all' ? { and: found } : { or: found };
  };
  const both = chain('and', one);
  const either: (depth: number) => Condition = chain('or', both);
  const condition = either(0);
  if (at < tokens.length) refuse('condition', `${tokens[at]} is not expected here`);
  return condition;
}
