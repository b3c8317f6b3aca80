import type { IncidentState } from '@keytrail/contracts';
import { networkOf } from '@keytrail/detection';

/** What correlation looks at. Times are epoch milliseconds. */
export interface FindingFacts {
  workspace_id: string;
  /** Empty when the finding is about a caller only. */
  key_id: string;
  /** Keys it took the place of, or that took its place, however many steps away. */
  lineage: readonly string[];
  owner_id: string | null;
  addresses: readonly string[];
  /** Those of them that its key is not usually called from. */
  new_addresses: readonly string[];
  /** What called itself how: user agents, and runtimes where gateways name them. */
  agents: readonly string[];
  /** Of credentials that were presented and that nobody knows. */
  fingerprints: readonly string[];
  first_seen: number;
  last_seen: number;
}

export interface IncidentFacts {
  incident_id: string;
  workspace_id: string;
  state: IncidentState;
  key_ids: readonly string[];
  owner_id: string | null;
  addresses: readonly string[];
  /** Those of them that were new to one of its keys. */
  new_addresses: readonly string[];
  agents: readonly string[];
  fingerprints: readonly string[];
  first_seen: number;
  last_seen: number;
}

export interface CorrelationSettings {
  /** A finding joins an incident that ended at most this long before it began, or the other way round. */
  gap_ms: number;
}

export const correlationDefaults: CorrelationSettings = { gap_ms: 60 * 60_000 };

export interface Joining {
  incident_id: string;
  /** For the timeline, in plain words. */
  because: string;
}

type Tie = (finding: FindingFacts, incident: IncidentFacts) => string | undefined;

/** Strongest tie first: one key, its lineage, one caller, one credential that nobody knows, callers alike, one owner. */
const ties: readonly Tie[] = [
  (finding, incident) => (finding.key_id !== '' && incident.key_ids.includes(finding.key_id) ? `it is about the same key ${finding.key_id}` : undefined),
  (finding, incident) => {
    const relative = shareOne(finding.lineage, incident.key_ids);
    return relative === undefined ? undefined : `${finding.key_id} and ${relative} are one key, before and after it was replaced`;
  },
  (finding, incident) => {
    // An address that all of them have called from for long is a common way out, not a common caller.
    const isNew = (address: string) => finding.new_addresses.includes(address) || incident.new_addresses.includes(address);
    const shared = finding.addresses.find((address) => incident.addresses.includes(address) && isNew(address));
    return shared === undefined ? undefined : `the caller ${shared} is in both`;
  },
  (finding, incident) => (shareOne(finding.fingerprints, incident.fingerprints) === undefined ? undefined : 'a credential that nobody knows was presented in both'),
  (finding, incident) => {
    // Networks move their machines about; a network alone is too wide, one that is new and calls itself the same is not.
    const network = shareOne(networksOf(finding.new_addresses), networksOf(incident.new_addresses));
    const agent = shareOne(finding.agents, incident.agents);
    return network === undefined || agent === undefined ? undefined : `callers from the network ${network}, new to both, call themselves ${agent}`;
  },
  (finding, incident) => (finding.owner_id !== null && finding.owner_id === incident.owner_id ? 'the keys have the same owner' : undefined),
];

/** The first of the one that is in the other too. */
function shareOne(some: readonly string[], others: readonly string[]): string | undefined {
  const known = new Set(others);
  return some.find((one) => one !== '' && known.has(one));
}

const networksOf = (addresses: readonly string[]): string[] => addresses.map(networkOf);

/**
 * The incident a finding belongs to, or undefined when it starts one. Closed incidents take nothing more. Among incidents with equally
 * strong ties the latest wins; the order of `incidents` does not matter.
 */
export function correlate(finding: FindingFacts, incidents: readonly IncidentFacts[], settings: CorrelationSettings): Joining | undefined {
  const candidates = incidents
    .filter((incident) => incident.workspace_id === finding.workspace_id && isOpen(incident.state) && gapBetween(finding, incident) <= settings.gap_ms)
    .sort((a, b) => b.last_seen - a.last_seen || (a.incident_id < b.incident_id ? 1 : -1));
  for (const tie of ties) {
    for (const incident of candidates) {
      const because = tie(finding, incident);
      if (because !== undefined) return { incident_id: incident.incident_id, because };
    }
  }
  return undefined;
}

/** A false positive stays one for this long, whatever goes on that is no graver. */
const FALSE_POSITIVE_HOLDS_MS = 24 * 60 * 60_000;

/** What a finding of a closed incident did since its incident was told of it. */
export interface LateGrowth {
  last_seen: number;
  /** In plain words; undefined when it did not rise. */
  severity_rise: string | undefined;
}

/** Why a finding of a closed incident needs an incident again; undefined when the closing still stands. For the timeline. */
export function outlives(closed: { state: IncidentState; closed_at: number }, growth: LateGrowth): string | undefined {
  if (growth.severity_rise !== undefined) return growth.severity_rise;
  const isFalsePositive = closed.state === 'false_positive';
  if (growth.last_seen <= closed.closed_at + (isFalsePositive ? FALSE_POSITIVE_HOLDS_MS : 0)) return undefined;
  return isFalsePositive ? 'it still went on a day later' : 'it went on after that';
}

/** A finding of a contained incident that is new to it, or went on. */
export interface AfterContainment {
  /** Empty when it is about a caller only. */
  key_id: string;
  /** Neither revoked nor expired, as far as anybody knows. */
  key_works: boolean;
  /** No finding of the incident was about the key before. */
  new_key: boolean;
  last_seen: number;
}

/** Why an incident is contained no more; undefined when it still is. For the timeline. */
export function escapes(containedAt: number, { key_id, key_works, new_key, last_seen }: AfterContainment): string | undefined {
  if (key_id === '' || !key_works) return undefined;
  if (new_key) return `${key_id} is in it too, and still works`;
  return last_seen > containedAt ? `${key_id} still works, and it went on` : undefined;
}

/** Whether findings may still join. */
export const isOpen = (state: IncidentState): boolean => state !== 'resolved' && state !== 'false_positive';

interface Span {
  first_seen: number;
  last_seen: number;
}

/** Time between two spans; 0 when they touch or overlap. */
const gapBetween = (a: Span, b: Span): number => Math.max(0, a.first_seen - b.last_seen, b.first_seen - a.last_seen);
