import type { IncidentBrief } from '@keytrail/incidents';
import { AlertPlan, type Destination, type Planned, type Standing, type Surroundings, type Told } from './alert-plan.js';
import { isClosed } from './event.js';
import { afterQuiet, matchesRoute, silencedUntil, type Route, type Silenced } from './routing.js';

const HELD_BACK = 'A silence held this back until now.';

/**
 * What channels are told though nothing changed: what a silence held back, once it has ended and the incident has not, and that an incident is still open
 * and nobody has taken it up. `due`: standings that are to be looked at; `briefs`: of their incidents as they are now, where they are still there.
 */
export function followUp(
  due: readonly Standing[], { destinations, silences, briefs, ...surroundings }: Surroundings & { destinations: readonly Destination[]; silences: readonly Silenced[]; briefs: ReadonlyMap<string, IncidentBrief> },
): Planned {
  const plan = new AlertPlan(surroundings);
  const { now } = surroundings;
  for (const standing of due) {
    const { channel_id, incident_id, owed } = standing;
    const brief = briefs.get(incident_id);
    const routes = destinations.find((one) => one.channel_id === channel_id)?.routes ?? [];
    const apt = brief === undefined || isClosed(brief.incident) ? [] : routes.filter((route) => matchesRoute(route, brief.incident));
    if (brief === undefined || apt.length === 0) {
      plan.drop(channel_id, incident_id);
      continue;
    }
    const until = silencedUntil(silences, brief.incident, now);
    if (until !== undefined) plan.stand({ ...standing, look_at: until });
    else if (owed.length > 0) plan.tell(channel_id, { brief, changes: [], note: HELD_BACK, routes: apt, ready: () => now });
    else remind(plan, standing, brief, apt, now);
  }
  return plan.planned();
}

function remind(plan: AlertPlan, standing: Standing, brief: IncidentBrief, apt: readonly Route[], now: Date): void {
  const { channel_id, incident_id, reminders } = standing;
  const before = plan.before(channel_id, incident_id);
  const reminding = brief.incident.state !== 'open' ? [] : apt.filter((route) => route.remind_s !== null && reminders < route.remind_times);
  const [first] = reminding.map((route) => timeOf(route, before, brief, now)).sort((a, b) => a.getTime() - b.getTime());
  if (first === undefined) plan.stand({ ...standing, look_at: null });
  else if (first > now) plan.stand({ ...standing, look_at: first });
  else {
    plan.tell(channel_id, { brief, changes: [], type: 'incident.reminder', note: `Nobody has taken it up yet; reminder ${reminders + 1}.`, routes: reminding, ready: () => now });
    const told = plan.standing(channel_id, incident_id);
    if (told !== undefined) plan.stand({ ...told, reminders: reminders + 1 });
  }
}

/** Not in quiet hours, and not while something said before is still on its way. */
function timeOf(route: Route, before: Told | undefined, { incident }: IncidentBrief, now: Date): Date {
  const wait = route.remind_s! * 1_000;
  const isOnItsWay = before !== undefined && (before.open !== undefined || before.waits);
  const since = isOnItsWay ? now : before?.last_send_at ?? now;
  const at = new Date(since.getTime() + (before === undefined ? 0 : wait));
  return afterQuiet(route, incident.severity, at > now ? at : now);
}
