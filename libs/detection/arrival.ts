/**
 * What is new to a step: the live tick goes by the batches that arrived, a backtest by a span of the requests' own clock, epoch milliseconds
 * (`until` is not part of it), of a workspace or key; null = of all.
 */
export type Arrival = { batch_ids: readonly string[] } | { since: number; until: number; workspace_id: string | null; key_id: string | null };

/** A condition on `request_logs` for what is new, and the values bound in it. */
export function isNewSql(arrival: Arrival): { sql: string; params: Record<string, string | string[]> } {
  if ('batch_ids' in arrival) return { sql: 'batch_id IN {new_batches:Array(String)}', params: { new_batches: [...arrival.batch_ids] } };
  const { since, until, workspace_id, key_id } = arrival;
  const scoped = `${workspace_id === null ? '' : ' AND workspace_id = {new_workspace:String}'}${key_id === null ? '' : ' AND key_id = {new_key:String}'}`;
  return {
    sql: `(request_logs.time >= ${atMs(since)} AND request_logs.time < ${atMs(until)}${scoped})`,
    params: { ...(workspace_id !== null && { new_workspace: workspace_id }), ...(key_id !== null && { new_key: key_id }) },
  };
}

/** A moment in a statement: made here of a number, so that scans need no bound values. */
export const atMs = (ms: number): string => `fromUnixTimestamp64Milli(${Math.trunc(ms)}, 'UTC')`;
