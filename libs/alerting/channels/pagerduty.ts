import type { AlertEvent, Severity } from '@keytrail/contracts';
import { isClosed } from '../event.js';
import { outcomeOf, type Channel, type OutgoingAlert } from './channel.js';
import { headline, ownerLine } from './words.js';

const severities: Record<Severity, string> = { low: 'info', medium: 'warning', high: 'error', critical: 'critical' };
const US_REGION = 'https://events.pagerduty.com/v2/enqueue';
const LONGEST_SUMMARY = 1_024;

function actionOf(event: AlertEvent): 'trigger' | 'acknowledge' | 'resolve' {
  if (isClosed(event.data.incident)) return 'resolve';
  // Contained: somebody is at it, and it is not over.
  return event.data.incident.state === 'open' ? 'trigger' : 'acknowledge';
}

/** An event of the Events API v2. One incident is one alert there, by `dedup_key`. */
export function pagerDutyEvent({ event, delivery_id }: Pick<OutgoingAlert, 'event' | 'delivery_id'>, routingKey: string): object {
  const { incident, what_happened, what_to_do, url, note, key_count, address_count } = event.data;
  const event_action = actionOf(event);
  const dedup_key = event.type === 'test' ? `keytrail-test-${delivery_id}` : `keytrail-${incident.incident_id}`;
  if (event_action !== 'trigger') return { routing_key: routingKey, event_action, dedup_key };
  return {
    routing_key: routingKey, event_action, dedup_key, client: 'Keytrail', ...(url !== null && { client_url: url, links: [{ href: url, text: 'The incident' }] }),
    payload: {
      summary: headline(event).slice(0, LONGEST_SUMMARY), source: incident.key_ids[0] ?? incident.addresses[0] ?? incident.workspace_id, severity: severities[incident.severity],
      timestamp: incident.first_seen, component: incident.workspace_id, group: ownerLine(incident), class: incident.rule_ids[0] ?? 'test',
      custom_details: {
        incident_id: incident.incident_id, owner: ownerLine(incident), keys: incident.key_ids, key_count, addresses: incident.addresses, address_count, findings: incident.findings,
        what_happened: what_happened.map(({ at, text }) => `${at} ${text}`), what_to_do: what_to_do.map(({ title, call }) => (call === null ? title : `${title}: ${call}`)), ...(note !== null && { note }),
      },
    },
  };
}

/** PagerDuty: trigger, acknowledge and resolve follow the state of the incident. */
export const pagerduty: Channel<'pagerduty'> = {
  async send(alert, { url = US_REGION }, secrets, { http }) {
    const answer = await http.post(url, JSON.stringify(pagerDutyEvent(alert, secrets.get('routing_key') ?? '')), {}, alert.now);
    if (answer.status === 400) return { result: 'refused', status: 400, failure: 'PagerDuty answered 400: the event or the routing key is not valid' };
    return outcomeOf(answer);
  },
};
