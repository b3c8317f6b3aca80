import { RequestLogLine } from '@keytrail/contracts';
import type { LineProblem } from '../line-problem.js';
import { isSurelyValid } from './quick-check.js';

/** One request of a gateway's record in Keytrail's own terms, or why there is none. */
export type MappedLine =
  | { line: RequestLogLine; problem?: undefined }
  | { line?: undefined; row?: undefined; problem: LineProblem };

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export const notAnObject = (): MappedLine => ({ problem: { code: 'not_an_object', reason: 'not a JSON object' } });

/** Checks a line against the contract. A reason names fields of the contract only: names and values of the line could hold a secret. */
export function checkLine(candidate: JsonObject): MappedLine {
  if (isSurelyValid(candidate)) return { line: candidate as RequestLogLine };
  const result = RequestLogLine.safeParse(candidate);
  if (result.success) return { line: result.data };
  const reasons = new Map<string, string>();
  for (const issue of result.error.issues) {
    const field = typeof issue.path[0] === 'string' ? issue.path[0] : '';
    if (field !== '' && !reasons.has(field)) reasons.set(field, reasonOf(field, issue, candidate));
  }
  const shown = [...reasons].slice(0, 5).map(([field, reason]) => `${field}: ${reason}`);
  if (reasons.size > 5) shown.push(`and ${reasons.size - 5} more`);
  return { problem: { code: 'invalid_field', reason: shown.join('; ') } };
}

function reasonOf(field: string, issue: { code: string; message: string; path: PropertyKey[] }, candidate: unknown): string {
  if (!isObject(candidate) || candidate[field] === undefined) return 'is missing';
  if (issue.path.length > 1) return 'holds a name or value that is not allowed';
  if (field === 'time') return 'must be an RFC 3339 date-time with an offset, or epoch milliseconds';
  // Messages of these kinds may repeat input.
  if (issue.code === 'invalid_union' || issue.code === 'invalid_key' || issue.code === 'unrecognized_keys') return 'is of a wrong type';
  return issue.message;
}
