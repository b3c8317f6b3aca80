import { severityRank, type AlertEvent, type AlertGroupField, type GroupedIncident, type IncidentSummary } from '@keytrail/contracts';
import { cut } from './event.js';
import type { Route } from './routing.js';

/** What one notification lists at most; more go into another one. */
export const MOST_OF_A_GROUP = 50;
/** As for other events: a receiver may refuse more than 20 kB. */
const MOST_BYTES = 18_000;
const LONGEST_TITLE = 80;
const LONGEST_SHORT_TITLE = 30;

const valueOf: Record<AlertGroupField, (incident: IncidentSummary) => string> = {
  workspace: ({ workspace_id }) => workspace_id, owner: ({ owner }) => owner?.owner_id ?? owner?.name ?? '', rule: ({ rule_ids }) => [...rule_ids].sort().join(' '), severity: ({ severity }) => severity,
};

/** What names the group of an incident on a route; undefined where it does not group. */
export function groupKey({ route_id, group_by }: Route, incident: IncidentSummary): string | undefined {
  if (group_by === null) return undefined;
  return `${route_id} ${JSON.stringify(Object.fromEntries([...group_by].sort().map((field) => [field, valueOf[field](incident)])))}`;
}

/** What the incidents of a group have in common. */
export const commonOf = (key: string): Record<string, string> => JSON.parse(key.slice(key.indexOf(' ') + 1)) as Record<string, string>;

/** One notification of what was to be told of several incidents. What is told of the gravest stands in full. */
export function groupEvent(events: readonly AlertEvent[], key: string): AlertEvent {
  const sorted = [...events].sort((a, b) => severityRank[b.data.incident.severity] - severityRank[a.data.incident.severity]);
  const first = sorted[0]!;
  const timestamp = events.map((one) => one.timestamp).sort().at(-1)!;
  const listed = (longest: number) => sorted.map(({ type, data: { incident, changes, url } }): GroupedIncident => ({
    incident_id: incident.incident_id, workspace_id: incident.workspace_id, title: cut(incident.title, longest), severity: incident.severity, state: incident.state,
    owner: incident.owner === null ? null : cut(incident.owner.name, longest), type, change_ids: changes.map(({ change_id }) => change_id), url,
  }));
  const shapes: readonly (() => AlertEvent['data'])[] = [
    () => ({ ...first.data, group: { by: commonOf(key), incidents: listed(LONGEST_TITLE) } }),
    () => ({ ...first.data, what_happened: [], what_to_do: [], group: { by: commonOf(key), incidents: listed(LONGEST_TITLE).map((one) => ({ ...one, url: null })) } }),
    () => ({ ...bare(first.data), group: { by: shortened(commonOf(key)), incidents: listed(LONGEST_SHORT_TITLE).map((one) => ({ ...one, url: null, change_ids: one.change_ids.slice(-2) })) } }),
  ];
  const made = shapes.map((shape) => ({ type: 'incident.group' as const, timestamp, data: shape() }));
  return made.find((event) => Buffer.byteLength(JSON.stringify(event)) <= MOST_BYTES) ?? made.at(-1)!;
}

const bare = (data: AlertEvent['data']): AlertEvent['data'] => ({ ...data, changes: data.changes.slice(-2), what_happened: [], what_to_do: [], incident: { ...data.incident, key_ids: [], addresses: [], rule_ids: [] } });
const shortened = (by: Record<string, string>) => Object.fromEntries(Object.entries(by).map(([field, value]) => [field, cut(value, LONGEST_TITLE)]));
