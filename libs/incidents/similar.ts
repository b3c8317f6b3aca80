import type { IncidentRow } from './incident.store.js';
import { firstOf } from './narrative.js';

/** What makes two incidents alike. */
export type Likeness = Pick<IncidentRow, 'key_ids' | 'owner_id' | 'owner_name' | 'new_addresses' | 'agents' | 'rule_ids'>;

/** What two incidents have in common, in plain words; and how much that says. 0: nothing worth a look. */
export function likeness(one: Likeness, other: Likeness): { score: number; because: string[] } {
  const because: string[] = [];
  let score = 0;
  const note = (points: number, told: string | undefined) => {
    if (told === undefined) return;
    score += points;
    because.push(told);
  };
  note(5, named('the key', 'the keys', common(one.key_ids, other.key_ids)));
  note(4, named('the caller', 'the callers', common(one.new_addresses, other.new_addresses)));
  note(2, named('the user agent', 'the user agents', common(one.agents, other.agents)));
  if (one.owner_id !== null && one.owner_id === other.owner_id) note(1, `the owner ${one.owner_name ?? one.owner_id}`);
  const rules = common(one.rule_ids, other.rule_ids);
  note(rules.length === 0 ? 0 : rules.length / new Set([...one.rule_ids, ...other.rule_ids]).size * 3, named('the rule', 'the rules', rules));
  // The same rule alone is no likeness: rules are few.
  return score > 2 || rules.length > 1 ? { score, because } : { score: 0, because: [] };
}

const named = (single: string, several: string, values: readonly string[]): string | undefined =>
  (values.length === 0 ? undefined : `${values.length === 1 ? single : several} ${firstOf(values)}`);

function common(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((value) => value !== '' && known.has(value));
}
