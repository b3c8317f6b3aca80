import { severityRank, type FindingEvidence, type Severity } from '@keytrail/contracts';
import { ruleInfo } from './rules/index.js';
import type { FindingDraft } from './types.js';

/** A stored finding that a draft may extend. Times are epoch milliseconds. */
export interface KnownFinding {
  finding_id: string;
  rule_id: string;
  workspace_id: string;
  episode: string;
  severity: Severity;
  title: string;
  summary: string;
  principal: string;
  addresses: string[];
  first_seen: number;
  last_seen: number;
  evidence: FindingEvidence;
}

/** Two spans of one episode that lie further apart are two findings. */
export const EPISODE_GAP_MS = 60 * 60_000;

const MOST_NAMED = 50;

/** A state goes on over pauses: nights, weekends, jobs that run now and then. */
export const LASTING_GAP_MS = 7 * 24 * 60 * 60_000;

/** That it goes on is written down this often. */
const LASTING_TOLD_EVERY_MS = 10 * 60_000;

const gapOf = (ruleId: string): number => (ruleInfo(ruleId)?.lasting === true ? LASTING_GAP_MS : EPISODE_GAP_MS);

/** The finding whose story a draft goes on with. */
export const findStory = (draft: FindingDraft, known: readonly KnownFinding[]): KnownFinding | undefined =>
  known.find((finding) => finding.rule_id === draft.rule_id && finding.workspace_id === draft.workspace_id && finding.episode === draft.episode
    && draft.first_seen - finding.last_seen <= gapOf(draft.rule_id) && finding.first_seen - draft.last_seen <= gapOf(draft.rule_id));

/**
 * A stored finding extended by a draft of the same story. The numbers are the draft's when it tells the whole story or stands out more
 * than what is stored; a draft that saw only the quieter end of it changes the times and adds its evidence.
 */
export function mergeFinding(known: KnownFinding, draft: FindingDraft): KnownFinding {
  const tellsMore = draft.first_seen <= known.first_seen || (draft.evidence.score ?? 0) > (known.evidence.score ?? 0);
  const told = tellsMore && (draft.evidence.score ?? 0) >= (known.evidence.score ?? 0) ? draft : known;
  return {
    ...known,
    severity: severityRank[draft.severity] > severityRank[known.severity] ? draft.severity : known.severity,
    title: severityRank[draft.severity] > severityRank[known.severity] ? draft.title : known.title,
    summary: told.summary,
    principal: known.principal || draft.principal,
    addresses: union(known.addresses, draft.addresses),
    first_seen: Math.min(known.first_seen, draft.first_seen),
    last_seen: Math.max(known.last_seen, draft.last_seen),
    evidence: {
      ...told.evidence,
      request_ids: union(known.evidence.request_ids, draft.evidence.request_ids),
      addresses: union(known.evidence.addresses ?? [], draft.evidence.addresses ?? []),
      user_agents: union(known.evidence.user_agents ?? [], draft.evidence.user_agents ?? []),
      countries: union(known.evidence.countries ?? [], draft.evidence.countries ?? []),
      runtimes: union(known.evidence.runtimes ?? [], draft.evidence.runtimes ?? []),
      fingerprints: union(known.evidence.fingerprints ?? [], draft.evidence.fingerprints ?? []),
    },
  };
}

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])].slice(0, MOST_NAMED);

/** Whether an extension changed anything worth writing down. */
export function hasGrown(before: KnownFinding, after: KnownFinding): boolean {
  if (after.severity !== before.severity || after.first_seen !== before.first_seen) return true;
  const later = after.last_seen - before.last_seen;
  if (ruleInfo(after.rule_id)?.lasting === true) return later >= LASTING_TOLD_EVERY_MS;
  return later !== 0 || after.summary !== before.summary;
}
