import { AppError } from '@keytrail/platform';
import type { RawLine } from './raw-line.js';

/** Lines, or requests in them, of one batch. */
export const MOST_LINES = 100_000;
/** Lines, or requests in them, of one Kafka message. Brokers take messages of 1 MiB as a rule: as many good lines never fit. */
export const MOST_REQUESTS_A_MESSAGE = 10_000;

export const tooManyLines = (most = MOST_LINES): AppError =>
  new AppError({ code: 'too_many_lines', status: 413, message: `A batch holds at most ${most} lines; send several.` });

/** Of a line that could not be read: one. */
export const requestsOf = (line: RawLine): number => (line.problem === undefined && line.row === undefined ? requestsIn(line.value) : 1);

/** A line may hold a list of requests, as gateways that batch, CloudTrail's files and CloudWatch Logs do; a list of such lists, too. */
function requestsIn(value: unknown): number {
  const list = listIn(value);
  if (list === undefined) return 1;
  let requests = 0;
  for (const item of list) requests += listIn(item)?.length ?? 1;
  return requests;
}

function listIn(value: unknown): unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const list: unknown = 'Records' in value ? value.Records : 'logEvents' in value ? value.logEvents : value;
  return Array.isArray(list) ? list : undefined;
}
