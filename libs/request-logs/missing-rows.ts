import type { RequestLogRow } from './row.js';

/** What tells a row of a range of offsets: a message may hold several requests, and a request may come twice. */
export type RowIdentity = Pick<RequestLogRow, 'offset' | 'request_id'>;

/** The rows that are not among the stored ones, each stored one standing for one row only. */
export function missingRows<Row extends RowIdentity>(rows: readonly Row[], stored: readonly RowIdentity[]): Row[] {
  const left = new Map<string, number>();
  for (const row of stored) left.set(identityOf(row), (left.get(identityOf(row)) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(identityOf(row)) ?? 0;
    left.set(identityOf(row), count - 1);
    return count <= 0;
  });
}

export const identityOf = ({ offset, request_id }: RowIdentity): string => `${offset} ${request_id}`;
