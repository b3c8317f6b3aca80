import type { IncidentChange } from '@keytrail/contracts';
import type { IncidentBrief } from '@keytrail/incidents';
import { AlertPlan, type Destination, type Planned, type Surroundings, type Told } from './alert-plan.js';
import { isClosed } from './event.js';
import { matchesRoute, silencedUntil, type Route, type Silenced } from './routing.js';

/** A change of an incident that nobody has been told of yet. */
export interface PendingChange {
  change: IncidentChange;
  brief: IncidentBrief;
}

/**
 * Who is told what of changes, in their order. A change comes along with what its channel is about to be told of the incident; mere growth waits until the
 * incident may be told again. So a channel hears of an incident that grows without end a bounded number of times, and always its latest state.
 */
export function fanOut(changes: readonly PendingChange[], { destinations, silences, ...surroundings }: Surroundings & { destinations: readonly Destination[]; silences: readonly Silenced[] }): Planned {
  const plan = new AlertPlan(surroundings);
  const { now } = surroundings;
  for (const { change, brief } of changes) {
    const { incident } = brief;
    const until = silencedUntil(silences, incident, now);
    const closed = isClosed(incident);
    for (const { channel_id, workspace_id, routes } of destinations) {
      if (workspace_id !== null && workspace_id !== incident.workspace_id) continue;
      const before = plan.before(channel_id, incident.incident_id);
      // Who was told of it is told its end, whatever was changed or silenced since.
      const ends = closed && before !== undefined;
      const apt = routes.filter((route) => matchesRoute(route, incident));
      if (closed && !ends) plan.drop(channel_id, incident.incident_id);
      if (!ends && (closed || apt.length === 0)) continue;
      if (until !== undefined && !ends) plan.holdBack(channel_id, brief, change, until);
      else plan.tell(channel_id, { brief, changes: [change], routes: apt.length > 0 ? apt : routes, ready: (route, told) => readyAt(route, change, told, now) });
    }
  }
  return plan.planned();
}

const after = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1_000);
const latest = (a: Date, b: Date) => (a > b ? a : b);

function readyAt(route: Route, { kind }: IncidentChange, before: Told | undefined, now: Date): Date {
  if (before === undefined) return after(now, route.group_s);
  const [first] = before.open?.event.data.changes ?? [];
  if (first?.kind === 'opened') return latest(now, after(new Date(first.at), route.group_s));
  if (kind !== 'grown') return now;
  return before.open === undefined ? latest(now, after(before.last_send_at, route.renotify_s)) : before.open.send_at;
}
