import type { PolicyId, Severity } from '@keytrail/contracts';
import type { FindingDraft, RuleInfo } from '../types.js';
import { plural } from './activity.js';
import { named } from './draft.js';

/** Open violations of one owner's keys in one workspace, as the check of policies found them. Times are epoch milliseconds. */
export interface OwnerViolations {
  workspace_id: string;
  /** Empty: of keys that the registry does not hold. */
  owner_id: string;
  owner_name: string;
  violations: readonly { policy: PolicyId; severity: 'warn' | 'breach'; key_id: string; name: string; opened_at: number }[];
}

export interface ViolationInput { workspace_id: string; key_id: ''; of: OwnerViolations }

/** One finding for an owner, however many of their keys there are. `gravest`: of a breach; a warning is low. */
export function violationDraft(rule: Pick<RuleInfo, 'id' | 'title'>, { of }: ViolationInput, policies: readonly PolicyId[], gravest: Severity, said: string): FindingDraft[] {
  const violated = of.violations.filter(({ policy }) => policies.includes(policy));
  if (violated.length === 0) return [];
  const names = [...new Set(violated.map(({ name }) => name))].sort();
  const breaches = violated.filter(({ severity }) => severity === 'breach').length;
  const opened = violated.map(({ opened_at }) => opened_at);
  return [{
    rule_id: rule.id, severity: breaches > 0 ? gravest : 'low', title: rule.title, workspace_id: of.workspace_id, key_id: '', principal: of.owner_name, addresses: [],
    first_seen: Math.min(...opened), last_seen: Math.max(...opened),
    summary: `${plural(names.length, 'key')} of ${of.owner_name === '' ? 'nobody' : of.owner_name} ${said}: ${named(names)}`,
    evidence: { request_ids: [], counts: { keys: names.length, breaches } }, episode: of.owner_id,
  }];
}
