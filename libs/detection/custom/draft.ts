import { plural } from '../rules/activity.js';
import type { FindingDraft } from '../types.js';
import type { FittingRequests } from './custom-rule.store.js';
import { findingRuleId, type CustomRule } from './rule.js';

const MINUTE = 60_000;

/** The finding of a rule that people wrote. */
export function draftOf(rule: CustomRule, { groups, requests, peak, ...fitting }: FittingRequests): FindingDraft {
  const { correlation } = rule;
  const key = correlation === null ? groups[0]! : groups[correlation.group_by.indexOf('key_id')] ?? '';
  const grouped = correlation === null ? '' : correlation.group_by.map((name, at) => `${name} ${groups[at]!.slice(0, 120) || '(none)'}`).join(', ');
  const counted = correlation === null ? plural(requests, 'request') : `${peak} ${correlation.distinct === null ? 'requests' : `values of ${correlation.distinct}`} within ${spanName(correlation.timespan_ms)}`
    + ` where ${correlation.at_least} are told`;
  return {
    rule_id: findingRuleId(rule), severity: rule.severity, title: rule.title, workspace_id: fitting.workspace_id, key_id: key, principal: key === '' ? '' : fitting.principal,
    addresses: fitting.addresses, first_seen: fitting.first_seen, last_seen: fitting.last_seen,
    summary: `${counted} by a rule of your own${grouped === '' ? '' : `: ${grouped}`}`,
    evidence: {
      request_ids: fitting.request_ids, addresses: fitting.addresses, user_agents: fitting.user_agents, routes: fitting.routes, counts: { requests },
      ...(correlation !== null && { seen: peak, window_minutes: Math.max(1, Math.round(correlation.timespan_ms / MINUTE)) }),
    },
    episode: groups.join('\u001f'),
  };
}

function spanName(ms: number): string {
  const [size, unit] = ([[24 * 60 * MINUTE, 'day'], [60 * MINUTE, 'hour'], [MINUTE, 'minute']] as const).find(([least]) => ms % least === 0) ?? [1_000, 'second'];
  return plural(ms / size, unit);
}
