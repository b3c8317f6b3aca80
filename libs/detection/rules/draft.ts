import type { FindingEvidence, Severity } from '@keytrail/contracts';
import type { CallerActivity, FindingDraft, KeyInput, RuleInfo } from '../types.js';
import { callersOf, requestsOf, spanOf } from './activity.js';

/** What a rule says of the requests it found; the rest follows from them and from the rule. */
export interface Told {
  /** One sentence with the numbers in it. */
  summary: string;
  title?: string;
  severity?: Severity;
  /** Absent: one story a key. */
  episode?: string;
  counts?: Record<string, number>;
  evidence?: Partial<FindingEvidence>;
}

/** A finding about a key, from the requests that it is about; there is at least one. */
export function keyDraft(
  rule: Pick<RuleInfo, 'id' | 'title' | 'severity'>, { workspace_id, key_id, principal }: Pick<KeyInput, 'workspace_id' | 'key_id' | 'principal'>,
  groups: readonly CallerActivity[], told: Told,
): FindingDraft {
  const callers = callersOf(groups);
  return {
    rule_id: rule.id, severity: told.severity ?? rule.severity, title: told.title ?? rule.title, workspace_id, key_id, principal, addresses: callers.addresses,
    ...spanOf(groups)!, summary: told.summary, evidence: { ...callers, counts: { requests: requestsOf(groups), ...told.counts }, ...told.evidence },
    episode: told.episode ?? key_id,
  };
}

/** Values of the signs of one name. */
export const signsNamed = ({ signs }: Pick<CallerActivity, 'signs'>, name: string): readonly string[] =>
  (signs.length === 0 ? NONE : signs.filter((sign) => sign.startsWith(`${name}:`)).map((sign) => sign.slice(name.length + 1)));

const NONE: readonly string[] = [];

/** `a, b, c and 4 more`. */
export const named = (values: readonly string[], most = 3): string =>
  (values.length <= most ? values.join(', ') : `${values.slice(0, most).join(', ')} and ${values.length - most} more`);
