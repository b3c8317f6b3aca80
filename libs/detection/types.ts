import type { CredentialKind, Environment, FindingEvidence, IssuedKind, Outcome, RuleDescription, Severity } from '@keytrail/contracts';

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
  /** At most 8. */
  methods: string[];
  /** As gateways name them; at most 3. */
  environments: string[];
  /** Gateways; at most 4. */
  nodes: string[];
  bytes_out: number;
  /** `name:value`, as `signsOf` of request-logs makes them; at most 16. */
  signs: string[];
}

/** What the registry says of a key. Times are epoch milliseconds. */
export interface KeyFacts {
  kind: IssuedKind;
  name: string;
  owner_id: string;
  environment: Environment;
  /** How the secret of a workspace key shows where somebody presented it. */
  secret_fingerprint: string | null;
  /** Public keys of its workspace need a signed user token. */
  enhanced_security: boolean;
  /** Nobody may use it. */
  canary: boolean;
  /** When it was first reported as leaked; null = never. */
  leaked_at: number | null;
  /** Of a key whose rotation is or was under way with an overlap; null = there is none. */
  overlap: { successor_id: string; ends_at: number; /** When the rotation was completed or given up. */ settled_at: number | null } | null;
}

/** What rules about a key are asked with. */
export interface KeyInput {
  workspace_id: string;
  key_id: string;
  principal: string;
  /** undefined for keys that the registry does not hold. */
  key: KeyFacts | undefined;
  activity: readonly CallerActivity[];
}

/** What a rule says about itself; shown with every finding, and in docs/detections.md. */
export interface RuleInfo extends RuleDescription {
  /**
   * It is about a state that goes on, not about an event: its finding says when the state began, and goes on over pauses of up to a week.
   */
  lasting?: true;
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

/** A rule about an event that takes several requests, which may arrive one by one: it is asked about the whole story once one of them comes. */
export interface EventRule<Input, Settings> extends Rule<Input, Settings> {
  /** Whether a group may be part of such an event. Must be rare. */
  concerns(group: CallerActivity): boolean;
}
