import type { CredentialKind, FindingEvidence, Outcome, Severity } from '@keytrail/contracts';

/**
 * Requests that arrived since the last tick, grouped by who called with what. Times are epoch milliseconds, `minute` is epoch minutes
 * of the requests' own clock. Empty string = not known.
 */
export interface CallerActivity {
  workspace_id: string;
  key_id: string;
  key_fingerprint: string;
  credential_kind: CredentialKind;
  principal: string;
  address: string;
  country: string;
  user_agent: string;
  outcome: Outcome;
  refusal_reason: string;
  minute: number;
  requests: number;
  first_time: number;
  last_time: number;
  /** At most 5, oldest first. */
  request_ids: string[];
  /** At most 5, each at most 120 characters: the route, else the path without its query. */
  routes: string[];
}

/** What a rule says about itself; shown with every finding. */
export interface RuleInfo {
  /** kebab-case, stable: stored with findings. */
  id: string;
  title: string;
  severity: Severity;
  /** Why it matters, for the person who reads the finding. */
  why: string;
  /** What to do first. */
  response: string;
}

/** What a rule found. Data only; stored by the tick. */
export interface FindingDraft {
  rule_id: string;
  severity: Severity;
  title: string;
  workspace_id: string;
  /** Empty when the finding is about a caller and not about one key. */
  key_id: string;
  principal: string;
  /** Callers the finding holds responsible. At most 50. */
  addresses: string[];
  /** Epoch milliseconds of the first and last request it is about. */
  first_seen: number;
  last_seen: number;
  /** One sentence with the numbers in it. */
  summary: string;
  evidence: FindingEvidence;
  /**
   * What makes two drafts of a rule the same story: a draft with the episode of a stored finding, and close to it in time, extends
   * that finding instead of adding one.
   */
  episode: string;
}

/** A rule: what it says of itself and a pure decision. Thresholds come with the input so that they can be tuned. */
export interface Rule<Input, Settings> extends RuleInfo {
  settings: Settings;
  decide(input: Input, settings: Settings): FindingDraft[];
}
