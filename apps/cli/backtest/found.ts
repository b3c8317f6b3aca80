import type { FindingRow } from '@keytrail/detection';

/** A finding as `keytrail backtest logs` prints it, one a line. `key` is empty for a finding about callers. */
export const foundLine = (row: FindingRow) => ({
  rule: row.rule_id, workspace: row.workspace_id, key: row.key_id, principal: row.principal,
  start: row.first_seen.toISOString(), end: row.last_seen.toISOString(), severity: row.severity, title: row.title, summary: row.summary,
  numbers: numbersOf(row), request_ids: row.evidence.request_ids, addresses: row.addresses,
});

export type FoundLine = ReturnType<typeof foundLine>;

function numbersOf({ evidence: { expected, seen, score, window_minutes, counts } }: FindingRow): Record<string, number> {
  const of = { expected, seen, score, window_minutes };
  return { ...counts, ...Object.fromEntries(Object.entries(of).filter((entry): entry is [string, number] => entry[1] !== undefined)) };
}
