import { severityRank, type IncidentSummary, type Severity } from '@keytrail/contracts';

export interface KeyRisk {
  key_id: string;
  /** Of the gravest incident. */
  severity: Severity;
  incidents: number;
  /** Id of its latest incident among the gravest. */
  latest: string;
}

/** Keys of incidents that are not closed, those of the gravest incidents first, then those of the most. */
export function riskOf(incidents: readonly Pick<IncidentSummary, 'incident_id' | 'key_ids' | 'severity' | 'last_seen'>[]): KeyRisk[] {
  const risks = new Map<string, KeyRisk>();
  const gravestFirst = [...incidents].sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || b.last_seen.localeCompare(a.last_seen));
  for (const { incident_id, key_ids, severity } of gravestFirst) {
    for (const key_id of key_ids) {
      const known = risks.get(key_id);
      risks.set(key_id, known === undefined ? { key_id, severity, incidents: 1, latest: incident_id } : { ...known, incidents: known.incidents + 1 });
    }
  }
  return [...risks.values()].sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || b.incidents - a.incidents);
}
