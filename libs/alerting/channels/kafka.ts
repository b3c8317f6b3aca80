import type { AlertEvent, IncidentState, Severity } from '@keytrail/contracts';
import { isClosed } from '../event.js';
import type { Channel, OutgoingAlert } from './channel.js';
import { headline } from './words.js';

const severities: Record<Severity, readonly [number, string]> = { low: [2, 'Low'], medium: [3, 'Medium'], high: [4, 'High'], critical: [5, 'Critical'] };
const statuses: Record<IncidentState, readonly [number, string]> = {
  open: [1, 'New'], acknowledged: [2, 'In Progress'], contained: [2, 'In Progress'], resolved: [4, 'Resolved'], false_positive: [3, 'Suppressed'],
};
const DETECTION_FINDING = 2004;

function activityOf(event: AlertEvent): readonly [number, string] {
  if (isClosed(event.data.incident)) return [3, 'Close'];
  return event.type === 'incident.opened' ? [1, 'Create'] : [2, 'Update'];
}

/** A Detection Finding of OCSF 1.4 (class 2004). `metadata.uid` is the same however often it is sent. */
export function detectionFinding({ event, delivery_id, now }: OutgoingAlert): object {
  const { incident, what_happened, what_to_do, url, changes } = event.data;
  const [activity_id, activity_name] = activityOf(event);
  const [severity_id, severity] = severities[incident.severity];
  const [status_id, status] = statuses[incident.state];
  const at = Date.parse(event.timestamp);
  return {
    class_uid: DETECTION_FINDING, class_name: 'Detection Finding', category_uid: 2, category_name: 'Findings', activity_id, activity_name, type_uid: DETECTION_FINDING * 100 + activity_id,
    severity_id, severity, status_id, status, time: at, start_time: Date.parse(incident.first_seen), end_time: Date.parse(incident.last_seen), message: headline(event), is_alert: incident.state === 'open', count: incident.findings,
    metadata: { version: '1.4.0', uid: delivery_id, logged_time: now.getTime(), product: { name: 'Keytrail', vendor_name: 'Keytrail' }, profiles: ['security_control'] },
    finding_info: {
      uid: incident.incident_id, title: incident.title, types: incident.rule_ids, created_time: Date.parse(incident.opened_at), modified_time: Date.parse(incident.updated_at),
      first_seen_time: Date.parse(incident.first_seen), last_seen_time: Date.parse(incident.last_seen), ...(url !== null && { src_url: url }), desc: what_happened.map(({ text }) => text).join('\n'),
    },
    resources: incident.key_ids.map((uid) => ({ uid, type: 'API key', namespace: incident.workspace_id, ...(incident.owner !== null && { owner: { name: incident.owner.name, ...(incident.owner.owner_id !== null && { uid: incident.owner.owner_id }) } }) })),
    evidences: incident.addresses.map((ip) => ({ src_endpoint: { ip } })),
    ...(what_to_do.length > 0 && { remediation: { desc: what_to_do.map(({ title, call }) => (call === null ? title : `${title}: ${call}`)).join('\n') } }),
    unmapped: { type: event.type, changes },
  };
}

/** A Kafka topic; the key is the incident, so that what is told of one stays in order. */
export const kafka: Channel<'kafka'> = {
  async send(alert, { topic }, _secrets, outlets) {
    if (outlets.kafka === undefined) return { result: 'retry', failure: 'no brokers are set here: KEYTRAIL_KAFKA_BROKERS' };
    try {
      await outlets.kafka(topic, { key: alert.event.data.incident.incident_id, value: JSON.stringify(detectionFinding(alert)) });
      return { result: 'delivered' };
    } catch {
      return { result: 'retry', failure: 'the brokers did not take it' };
    }
  },
};
