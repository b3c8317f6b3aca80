import type { AlertEvent, IncidentChange, IncidentChangeKind, IncidentState, IncidentSummary, Severity } from '@keytrail/contracts';
import type { IncidentBrief } from '@keytrail/incidents';
import { eventOf } from './event.js';
import type { Route } from './routing.js';

export const NOW = new Date('2026-03-04T12:00:00.000Z');

export const incidentWith = (fields: Partial<IncidentSummary> = {}): IncidentSummary => ({
  incident_id: 'inc_1', workspace_id: 'default', title: 'Burst of denied calls: payments-production', severity: 'high', state: 'open',
  owner: { owner_id: 'own_1', name: 'Payments', contact: '#payments' }, key_ids: ['key_1'], addresses: ['203.0.113.7'], rule_ids: ['denied-burst'], findings: 1,
  first_seen: '2026-03-04T11:50:00.000Z', last_seen: '2026-03-04T11:55:00.000Z', opened_at: '2026-03-04T11:56:00.000Z', updated_at: '2026-03-04T11:56:00.000Z',
  acknowledged_at: null, contained_at: null, closed_at: null, merged_into: null, ...fields,
});

export const briefOf = (fields: Partial<IncidentSummary> = {}): IncidentBrief => ({
  incident: incidentWith(fields), what_happened: [{ at: '2026-03-04T11:56:00.000Z', text: 'Burst of denied calls: 40 of 40 calls were refused' }],
  what_to_do: [{ title: 'Revoke payments-production and give its owner a new key', why: 'It is refused from the next call on.', call: 'POST /v1/api-keys/key_1/revoke-and-replace {"reason":"…"}' }],
});

let last = 0;
export function changeOf(kind: IncidentChangeKind, was: { state?: IncidentState; severity?: Severity } = {}, at = NOW): IncidentChange {
  last += 1;
  return { change_id: last, kind, at: at.toISOString(), was: kind === 'opened' ? null : { state: 'open', severity: 'high', owner_id: null, ...was } };
}

export const eventWith = (fields: Partial<IncidentSummary> = {}, changes: readonly IncidentChange[] = [changeOf('opened')], publicUrl: string | undefined = 'https://keytrail.example'): AlertEvent =>
  eventOf(briefOf(fields), changes, publicUrl);

export const alertWith = (fields: Partial<IncidentSummary> = {}, changes?: readonly IncidentChange[]) => ({ delivery_id: 'dlv_1', event: eventWith(fields, changes), now: NOW });

export const routeTo = (channel_id: string, fields: Partial<Route> = {}): Route => ({
  route_id: 'rte_1', channel_id, min_severity: 'low', workspaces: null, owner_ids: null, rule_ids: null, quiet_hours: null, group_s: 0, renotify_s: 3600, remind_s: null, remind_times: 10, group_by: null, group_interval_s: 300, ...fields,
});
