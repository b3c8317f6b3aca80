import { severityRank, type Finding, type Severity } from '@keytrail/contracts';
import type { IncidentRow } from './incident.store.js';
import { incidentTitle, type Subject } from './narrative.js';
import { weighSeverity } from './weigh-severity.js';

export interface IncidentOwner {
  owner_id: string | null;
  name: string;
  contact: string | null;
}

/** Keys and callers an incident names at most. */
const MOST_NAMED = 200;

/** A finding that is new to its incident, or has grown since the incident heard of it. */
export interface Arrival {
  finding: Pick<Finding, 'rule_id' | 'severity' | 'title' | 'workspace_id' | 'key_id' | 'addresses'> & { first_seen: Date; last_seen: Date };
  subject: Subject;
  owner: IncidentOwner | null;
  /** How its callers call themselves, and credentials nobody knows that it is about. */
  agents: readonly string[];
  fingerprints: readonly string[];
  /** Those of the finding's addresses its key is not usually called from. All of them when it is about a caller. */
  new_addresses: readonly string[];
}

/** The incident that a finding starts. */
export function openIncident(incidentId: string, { finding, subject, owner, new_addresses, agents, fingerprints }: Arrival, now: Date): IncidentRow {
  return {
    incident_id: incidentId, workspace_id: finding.workspace_id, title: incidentTitle(finding.title, subject), severity: weighSeverity(finding, kindOf(subject)),
    state: 'open', owner_id: owner?.owner_id ?? null, owner_name: owner?.name ?? null, owner_contact: owner?.contact ?? null,
    key_ids: finding.key_id === '' ? [] : [finding.key_id], addresses: finding.addresses.slice(0, MOST_NAMED), rule_ids: [finding.rule_id],
    findings: 1, first_seen: finding.first_seen, last_seen: finding.last_seen, opened_at: now, updated_at: now, closed_at: null,
    new_addresses: new_addresses.slice(0, MOST_NAMED), title_key_id: finding.key_id, agents: union([], agents), fingerprints: union([], fingerprints),
    acknowledged_at: null, contained_at: null, merged_into: null,
  };
}

/** Of keys that the registry does not hold nobody knows what they can do. */
const kindOf = ({ registered, kind }: Subject) => (registered ? kind : undefined);

/** The incident with a finding taken in. The gravest finding gives title and severity; the first known owner stays. */
export function absorb(incident: IncidentRow, { finding, subject, owner, new_addresses, agents, fingerprints }: Arrival, isNew: boolean, now: Date): IncidentRow {
  const severity = weighSeverity(finding, kindOf(subject));
  const graver = severityRose(incident.severity, severity);
  const known = incident.owner_id === null && (incident.owner_name === null || (owner?.owner_id ?? null) !== null) ? owner : null;
  return {
    ...incident,
    title: graver ? incidentTitle(finding.title, subject) : incident.title,
    title_key_id: graver ? finding.key_id : incident.title_key_id,
    severity: graver ? severity : incident.severity,
    ...(known && { owner_id: known.owner_id, owner_name: known.name, owner_contact: known.contact }),
    key_ids: finding.key_id === '' ? incident.key_ids : union(incident.key_ids, [finding.key_id]),
    addresses: union(incident.addresses, finding.addresses),
    new_addresses: union(incident.new_addresses, new_addresses),
    agents: union(incident.agents, agents),
    fingerprints: union(incident.fingerprints, fingerprints),
    rule_ids: union(incident.rule_ids, [finding.rule_id]),
    findings: incident.findings + (isNew ? 1 : 0),
    first_seen: finding.first_seen < incident.first_seen ? finding.first_seen : incident.first_seen,
    last_seen: finding.last_seen > incident.last_seen ? finding.last_seen : incident.last_seen,
    updated_at: now,
  };
}

/** What an incident names of one sort, bounded. */
export const union = (known: readonly string[], more: readonly string[]): string[] => [...new Set([...known, ...more])].slice(0, MOST_NAMED);

/** Whether the severity rose; worth a line in the timeline. */
export const severityRose = (before: Severity, after: Severity): boolean => severityRank[after] > severityRank[before];
