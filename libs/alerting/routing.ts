import { severityRank, type AlertGroupField, type IncidentSummary, type QuietHours, type Severity } from '@keytrail/contracts';
import { endOfQuiet } from './quiet-hours.js';

/** Which incidents a channel is told of, and how soon. null = whichever. */
export interface Route {
  route_id: string;
  channel_id: string;
  min_severity: Severity;
  workspaces: readonly string[] | null;
  owner_ids: readonly string[] | null;
  rule_ids: readonly string[] | null;
  quiet_hours: QuietHours | null;
  group_s: number;
  renotify_s: number;
  /** null = nobody is reminded. */
  remind_s: number | null;
  remind_times: number;
  /** null = each incident is told by itself. */
  group_by: readonly AlertGroupField[] | null;
  group_interval_s: number;
}

/** What is told to nobody. What is null matches all. */
export interface Silenced {
  workspace_id: string | null;
  incident_id: string | null;
  key_id: string | null;
  rule_id: string | null;
  owner_id: string | null;
  starts_at: Date;
  ends_at: Date;
}

export function matchesRoute(route: Route, incident: IncidentSummary): boolean {
  return severityRank[incident.severity] >= severityRank[route.min_severity]
    && (route.workspaces === null || route.workspaces.includes(incident.workspace_id))
    && (route.owner_ids === null || (incident.owner?.owner_id != null && route.owner_ids.includes(incident.owner.owner_id)))
    && (route.rule_ids === null || route.rule_ids.some((rule) => incident.rule_ids.includes(rule)));
}

/** An incident of many keys or rules is silenced when every one of them is: a silence on one key must not hide another. */
export const isSilenced = (silences: readonly Silenced[], incident: IncidentSummary, now: Date): boolean => silencedUntil(silences, incident, now) !== undefined;

/** When the first of the silences ends that hold an incident back now; undefined when it is not silenced. */
export function silencedUntil(silences: readonly Silenced[], incident: IncidentSummary, now: Date): Date | undefined {
  const running = silences.filter(({ starts_at, ends_at }) => starts_at <= now && now < ends_at);
  const holds = ({ workspace_id, incident_id, owner_id }: Silenced) => (workspace_id === null || workspace_id === incident.workspace_id)
    && (incident_id === null || incident_id === incident.incident_id) && (owner_id === null || owner_id === (incident.owner?.owner_id ?? null));
  const apt = running.filter(holds);
  const keys = incident.key_ids.length === 0 ? [null] : incident.key_ids;
  const rules = incident.rule_ids.length === 0 ? [null] : incident.rule_ids;
  const covers = (one: Silenced, key: string | null, rule: string | null) => (one.key_id === null || one.key_id === key) && (one.rule_id === null || one.rule_id === rule);
  if (!keys.every((key) => rules.every((rule) => apt.some((one) => covers(one, key, rule))))) return undefined;
  const holding = apt.filter((one) => keys.some((key) => rules.some((rule) => covers(one, key, rule))));
  return new Date(Math.min(...holding.map(({ ends_at }) => ends_at.getTime())));
}

/** When a route lets something be told that is ready at a moment. */
export function afterQuiet(route: Route, severity: Severity, ready: Date): Date {
  if (route.quiet_hours === null || severityRank[severity] >= severityRank[route.quiet_hours.except_from]) return ready;
  return endOfQuiet(route.quiet_hours, ready) ?? ready;
}
