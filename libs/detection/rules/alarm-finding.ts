import type { Alarm, AlarmKind } from '../baseline/verdict.js';
import type { CallerActivity, FindingDraft, RuleInfo } from '../types.js';
import { busiestAddresses, callersOf, EVIDENCE_LIMIT, requestsOf, spanOf } from './activity.js';
import { round } from './figures.js';

export interface AlarmInput {
  workspace_id: string;
  key_id: string;
  principal: string;
  /** Of the key's baseline. */
  alarm: Alarm;
  /** The key's activity within the alarm's window. */
  activity: readonly CallerActivity[];
}

const MINUTE = 60_000;

/** What a rule says of an alarm of its kind; `concerns`: whose calls it is about. */
export function findingOf(
  rule: RuleInfo, kind: AlarmKind, input: AlarmInput, concerns: (group: CallerActivity) => boolean, summary: (alarm: Alarm) => string,
): FindingDraft[] {
  const { alarm, workspace_id, key_id, principal } = input;
  if (alarm.kind !== kind) return [];
  const concerned = input.activity.filter(concerns);
  const span = spanOf(concerned) ?? { first_seen: alarm.episode.started_at * MINUTE, last_seen: (alarm.minute + 1) * MINUTE - 1 };
  return [{
    rule_id: rule.id, severity: rule.severity, title: rule.title, workspace_id, key_id, principal,
    addresses: busiestAddresses(concerned).slice(0, EVIDENCE_LIMIT).map(([address]) => address),
    ...span, summary: summary(alarm),
    evidence: {
      ...callersOf(concerned), counts: { requests: requestsOf(input.activity), peak_score: alarm.episode.peak_score },
      expected: round(alarm.expected), seen: alarm.seen, window_minutes: alarm.window_minutes, score: round(alarm.score),
    },
    episode: key_id,
  }];
}
