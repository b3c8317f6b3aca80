/**
 * What is new to a step: the live tick goes by the batches that arrived, a backtest by a span of the requests' own clock, epoch milliseconds
 * (`until` is not part of it).
 */
export type Arrival = { batch_ids: readonly string[] } | { since: number; until: number };

/** A condition on `request_logs` for what is new, and the values bound in it. */
export function isNewSql(arrival: Arrival): { sql: string; params: Record<string, string[]> } {
  if ('batch_ids' in arrival) return { sql: 'batch_id IN {new_batches:Array(String)}', params: { new_batches: [...arrival.batch_ids] } };
  return { sql: `(request_logs.time >= ${atMs(arrival.since)} AND request_logs.time < ${atMs(arrival.until)})`, params: {} };
}

/** A moment in a statement: made here of a number, so that scans need no bound values. */
export const atMs = (ms: number): string => `fromUnixTimestamp64Milli(${Math.trunc(ms)}, 'UTC')`;
