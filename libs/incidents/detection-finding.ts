import type { IncidentState, IncidentSummary, Severity, SuggestedAction } from '@keytrail/contracts';
import { isOpen } from './correlate.js';

const severities: Record<Severity, readonly [number, string]> = { low: [2, 'Low'], medium: [3, 'Medium'], high: [4, 'High'], critical: [5, 'Critical'] };
const statuses: Record<IncidentState, readonly [number, string]> = {
  open: [1, 'New'], acknowledged: [2, 'In Progress'], contained: [2, 'In Progress'], resolved: [4, 'Resolved'], false_positive: [3, 'Suppressed'],
};
const DETECTION_FINDING = 2004;
const ANALYTIC_RULE = 1;

/** An incident at a moment, as it is to be told in the words of OCSF. */
export interface FindingMoment {
  /** The same however often this is told. */
  uid: string;
  incident: IncidentSummary;
  /** Whether it tells that it was opened; otherwise of what became of it. */
  isNew: boolean;
  at: Date;
  now: Date;
  message: string;
  /** Sentences or lines. */
  what_happened: readonly string[];
  what_to_do: readonly SuggestedAction[];
  /** The page of the incident. */
  url: string | null;
  /** What OCSF has no place for. */
  unmapped?: Record<string, unknown>;
}

/** A Detection Finding of OCSF 1.4 (class 2004). Closed when nobody has to do anything any more. */
export function detectionFinding({ uid, incident, isNew, at, now, message, what_happened, what_to_do, url, unmapped }: FindingMoment) {
  const [activity_id, activity_name] = !isOpen(incident.state) ? [3, 'Close'] : isNew ? [1, 'Create'] : [2, 'Update'];
  const [severity_id, severity] = severities[incident.severity];
  const [status_id, status] = statuses[incident.state];
  const [firstRule, ...otherRules] = incident.rule_ids.map((rule) => ({ type_id: ANALYTIC_RULE, type: 'Rule', uid: rule, name: rule }));
  return {
    class_uid: DETECTION_FINDING, class_name: 'Detection Finding', category_uid: 2, category_name: 'Findings', activity_id, activity_name, type_uid: DETECTION_FINDING * 100 + Number(activity_id),
    type_name: `Detection Finding: ${activity_name}`, severity_id, severity, status_id, status, time: at.getTime(), start_time: Date.parse(incident.first_seen), end_time: Date.parse(incident.last_seen),
    message, is_alert: incident.state === 'open', count: incident.findings,
    metadata: { version: '1.4.0', uid, logged_time: now.getTime(), product: { name: 'Keytrail', vendor_name: 'Keytrail' } },
    finding_info: {
      uid: incident.incident_id, title: incident.title, types: incident.rule_ids, created_time: Date.parse(incident.opened_at), modified_time: Date.parse(incident.updated_at),
      first_seen_time: Date.parse(incident.first_seen), last_seen_time: Date.parse(incident.last_seen), ...(url !== null && { src_url: url }), desc: what_happened.join('\n'),
      ...(firstRule !== undefined && { analytic: firstRule }), ...(otherRules.length > 0 && { related_analytics: otherRules }),
    },
    resources: incident.key_ids.map((key) => ({ uid: key, type: 'API key', namespace: incident.workspace_id, ...(incident.owner !== null && { owner: { name: incident.owner.name, ...(incident.owner.owner_id !== null && { uid: incident.owner.owner_id }) } }) })),
    evidences: incident.addresses.map((ip) => ({ src_endpoint: { ip } })),
    ...(what_to_do.length > 0 && { remediation: { desc: what_to_do.map(({ title, call }) => (call === null ? title : `${title}: ${call}`)).join('\n') } }),
    ...(unmapped !== undefined && { unmapped }),
  };
}
