import type { AlertDeliveryState, AlertEvent, IncidentChange } from '@keytrail/contracts';
import type { IncidentBrief } from '@keytrail/incidents';
import { eventOf, isGrowthOnGrowth, mergedEvent } from './event.js';
import { afterQuiet, isSilenced, matchesRoute, type Route, type Silenced } from './routing.js';

/** A change of an incident that nobody has been told of yet. */
export interface PendingChange {
  change: IncidentChange;
  brief: IncidentBrief;
}

export interface Destination {
  channel_id: string;
  /** null: of all. */
  workspace_id: string | null;
  routes: readonly Route[];
}

/** What a channel has been told of an incident. */
export interface Told {
  channel_id: string;
  incident_id: string;
  /** When the latest was sent, or is to be. */
  last_send_at: Date;
  /** One that nobody has begun to send: later changes can come along. */
  open: { delivery_id: string; event: AlertEvent; change_ids: readonly number[]; send_at: Date } | undefined;
}

export interface NewDelivery {
  delivery_id: string;
  channel_id: string;
  incident_id: string;
  workspace_id: string;
  change_ids: readonly number[];
  event: AlertEvent;
  state: Extract<AlertDeliveryState, 'pending' | 'silenced'>;
  send_at: Date;
}

/** Of one that was there before. */
export type WidenedDelivery = Pick<NewDelivery, 'delivery_id' | 'change_ids' | 'event' | 'send_at'>;

export interface FanOutPlan {
  added: NewDelivery[];
  widened: WidenedDelivery[];
}

interface Surroundings {
  destinations: readonly Destination[];
  silences: readonly Silenced[];
  told: readonly Told[];
  publicUrl: string | undefined;
  now: Date;
  newId(): string;
}

/**
 * Who is told what of changes, in their order. A change comes along with what its channel is about to be told of the incident; mere growth waits until the
 * incident may be told again. So a channel hears of an incident that grows without end a bounded number of times, and always its latest state.
 */
export function fanOut(changes: readonly PendingChange[], { destinations, silences, told, publicUrl, now, newId }: Surroundings): FanOutPlan {
  const known = new Map(told.map((one) => [nameOf(one.channel_id, one.incident_id), { ...one }]));
  const added = new Map<string, NewDelivery>();
  const widened = new Map<string, WidenedDelivery>();
  for (const { change, brief } of changes) {
    const { incident } = brief;
    const silenced = isSilenced(silences, incident, now);
    const closed = incident.state === 'resolved' || incident.state === 'false_positive';
    for (const { channel_id, workspace_id, routes } of destinations) {
      if (workspace_id !== null && workspace_id !== incident.workspace_id) continue;
      const name = nameOf(channel_id, incident.incident_id);
      const before = known.get(name);
      // Who was told of it is told its end, whatever was changed or silenced since.
      const ends = closed && before !== undefined;
      const apt = routes.filter((route) => matchesRoute(route, incident));
      if (!ends && (closed || apt.length === 0)) continue;
      if (silenced && !ends) {
        if (change.kind !== 'grown') {
          const delivery_id = newId();
          added.set(delivery_id, {
            delivery_id, channel_id, incident_id: incident.incident_id, workspace_id: incident.workspace_id, change_ids: [change.change_id], event: eventOf(brief, [change], publicUrl), state: 'silenced', send_at: now,
          });
        }
        continue;
      }
      const send_at = earliest((apt.length > 0 ? apt : routes).map((route) => afterQuiet(route, incident.severity, readyAt(route, change, before, now))), now);
      const open = before?.open;
      if (open !== undefined) {
        const wider = {
          delivery_id: open.delivery_id, change_ids: [...isGrowthOnGrowth(open.event, change) ? open.change_ids.slice(0, -1) : open.change_ids, change.change_id], event: mergedEvent(open.event, brief, change, publicUrl),
          send_at: send_at < open.send_at ? send_at : open.send_at,
        };
        const own = added.get(open.delivery_id);
        if (own === undefined) widened.set(open.delivery_id, wider);
        else added.set(open.delivery_id, { ...own, ...wider });
        known.set(name, { channel_id, incident_id: incident.incident_id, last_send_at: wider.send_at, open: wider });
      } else {
        const delivery: NewDelivery = {
          delivery_id: newId(), channel_id, incident_id: incident.incident_id, workspace_id: incident.workspace_id, change_ids: [change.change_id], event: eventOf(brief, [change], publicUrl), state: 'pending', send_at,
        };
        added.set(delivery.delivery_id, delivery);
        known.set(name, { channel_id, incident_id: incident.incident_id, last_send_at: send_at, open: delivery });
      }
    }
  }
  return { added: [...added.values()], widened: [...widened.values()] };
}

const nameOf = (channel: string, incident: string) => `${channel} ${incident}`;

const after = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1_000);
const latest = (a: Date, b: Date) => (a > b ? a : b);
const earliest = (times: readonly Date[], otherwise: Date) => (times.length === 0 ? otherwise : new Date(Math.min(...times.map((time) => time.getTime()))));

function readyAt(route: Route, { kind }: IncidentChange, before: Told | undefined, now: Date): Date {
  if (before === undefined) return after(now, route.group_s);
  const [first] = before.open?.event.data.changes ?? [];
  if (first?.kind === 'opened') return latest(now, after(new Date(first.at), route.group_s));
  if (kind !== 'grown') return now;
  return before.open === undefined ? latest(now, after(before.last_send_at, route.renotify_s)) : before.open.send_at;
}
