import { absorb, openIncident, severityRose, union, type Arrival } from './absorb.js';
import type { IncidentRow } from './incident.store.js';

/**
 * An incident with all that another one has. The graver of both gives title and severity; its owner stays, unless it has none from the registry. Contained
 * are both or none.
 */
export function joined(incident: IncidentRow, other: IncidentRow, now: Date): IncidentRow {
  const graver = severityRose(incident.severity, other.severity) ? other : incident;
  const owner = incident.owner_id === null && (other.owner_id !== null || incident.owner_name === null) ? other : incident;
  return {
    ...incident, state: incident.state === 'contained' ? other.state : incident.state, title: graver.title, title_key_id: graver.title_key_id, severity: graver.severity,
    owner_id: owner.owner_id, owner_name: owner.owner_name, owner_contact: owner.owner_contact,
    key_ids: union(incident.key_ids, other.key_ids), addresses: union(incident.addresses, other.addresses), new_addresses: union(incident.new_addresses, other.new_addresses),
    agents: union(incident.agents, other.agents), fingerprints: union(incident.fingerprints, other.fingerprints), rule_ids: union(incident.rule_ids, other.rule_ids),
    findings: incident.findings + other.findings,
    first_seen: other.first_seen < incident.first_seen ? other.first_seen : incident.first_seen, last_seen: other.last_seen > incident.last_seen ? other.last_seen : incident.last_seen,
    updated_at: now,
  };
}

/** The incident that findings make, oldest first. At least one. */
export function incidentOf(incidentId: string, arrivals: readonly Arrival[], now: Date): IncidentRow {
  const [first, ...more] = arrivals;
  if (first === undefined) throw new Error('an incident has a finding at least');
  return more.reduce((incident, arrival) => absorb(incident, arrival, true, now), openIncident(incidentId, first, now));
}

/** An incident with no findings but these: what it has of others is gone, its state, its times and its timeline stay. */
export function remade(incident: IncidentRow, arrivals: readonly Arrival[], now: Date): IncidentRow {
  const { state, opened_at, closed_at, acknowledged_at, contained_at, merged_into } = incident;
  return { ...incidentOf(incident.incident_id, arrivals, now), state, opened_at, closed_at, acknowledged_at, contained_at, merged_into };
}
