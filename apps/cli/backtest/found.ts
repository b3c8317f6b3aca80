import type { FindingChange, FindingRow } from '@keytrail/detection';

/** A finding as `keytrail backtest logs` prints it, one a line. `key` is empty for a finding about callers. */
export const foundLine = (row: FindingRow) => ({
  rule: row.rule_id, workspace: row.workspace_id, key: row.key_id, principal: row.principal,
  start: row.first_seen.toISOString(), end: row.last_seen.toISOString(), severity: row.severity, title: row.title, summary: row.summary,
  numbers: numbersOf(row), request_ids: row.evidence.request_ids, addresses: row.addresses,
});

export type FoundLine = ReturnType<typeof foundLine>;

/** A finding that other settings make come, go or tell another story; `before` is what a changed one was. */
export type ChangeLine = FoundLine & { change: 'added' | 'removed' | 'changed'; before?: Pick<FoundLine, 'start' | 'end' | 'severity' | 'summary' | 'numbers'> };

export function changeLine({ before, after }: FindingChange<FindingRow>): ChangeLine {
  if (before === undefined) return { change: 'added', ...foundLine(after!) };
  if (after === undefined) return { change: 'removed', ...foundLine(before) };
  const { start, end, severity, summary, numbers } = foundLine(before);
  return { change: 'changed', ...foundLine(after), before: { start, end, severity, summary, numbers } };
}

function numbersOf({ evidence: { expected, seen, score, window_minutes, counts } }: FindingRow): Record<string, number> {
  const of = { expected, seen, score, window_minutes };
  return { ...counts, ...Object.fromEntries(Object.entries(of).filter((entry): entry is [string, number] => entry[1] !== undefined)) };
}
