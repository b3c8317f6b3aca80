import type { AlertDeliveryState, AlertEvent, AlertEventType, IncidentChange } from '@keytrail/contracts';
import type { IncidentBrief } from '@keytrail/incidents';
import { eventOf, isClosed, withChange } from './event.js';
import { MOST_OF_A_GROUP, groupKey } from './group.js';
import { afterQuiet, type Route } from './routing.js';

export interface Destination {
  channel_id: string;
  /** null: of all. */
  workspace_id: string | null;
  routes: readonly Route[];
}

/** One that nobody has begun to send: what comes later can come along. */
export interface OpenDelivery {
  delivery_id: string;
  event: AlertEvent;
  change_ids: readonly number[];
  send_at: Date;
  /** The notification that lists it. */
  carried_by: string | null;
}

/** What a channel has been told of an incident. */
export interface Told {
  channel_id: string;
  incident_id: string;
  /** When the latest was sent, or is to be. */
  last_send_at: Date;
  open: OpenDelivery | undefined;
  /** Whether something was begun and has not got through yet. */
  waits: boolean;
}

/** What a channel has yet to hear of an incident. */
export interface Standing {
  channel_id: string;
  incident_id: string;
  /** Changes that a silence held back, in their order. */
  owed: readonly IncidentChange[];
  /** How often somebody was reminded since its state changed. */
  reminders: number;
  /** null: nothing is to be looked after until something becomes of it. */
  look_at: Date | null;
}

/** Of a channel that owes nothing yet. */
export const newStanding = (channel_id: string, incident_id: string): Standing => ({ channel_id, incident_id, owed: [], reminders: 0, look_at: null });

/** What was told of a group of incidents. */
export interface GroupTold {
  channel_id: string;
  group_key: string;
  last_send_at: Date | undefined;
  /** One that nobody has begun to send: others can join it. */
  open: { delivery_id: string; send_at: Date; members: number } | undefined;
}

export interface NewDelivery extends OpenDelivery {
  channel_id: string;
  /** null: it lists several. */
  incident_id: string | null;
  workspace_id: string | null;
  /** The change it is made for; null when there is none, or when it was noted as silenced before. */
  change_id: number | null;
  state: Extract<AlertDeliveryState, 'pending' | 'silenced'>;
  group_key: string | null;
}

export interface Planned {
  added: NewDelivery[];
  /** Those that were there before and say more now. */
  widened: OpenDelivery[];
  /** Lists that were there before and are sent sooner. */
  hastened: { delivery_id: string; send_at: Date }[];
  standings: Standing[];
  /** Standings that are of no use any more. */
  dropped: Pick<Standing, 'channel_id' | 'incident_id'>[];
}

export interface Surroundings {
  told: readonly Told[];
  standings: readonly Standing[];
  groups: readonly GroupTold[];
  publicUrl: string | undefined;
  now: Date;
  newId(): string;
}

/** Something that a channel is to be told of an incident. */
interface News {
  brief: IncidentBrief;
  changes: readonly IncidentChange[];
  type?: AlertEventType;
  note?: string;
  /** Those that allow it. */
  routes: readonly Route[];
  /** When a route lets it be told, but for quiet hours and groups. */
  ready: (route: Route, before: Told | undefined) => Date;
}

interface Slot {
  send_at: Date;
  group: { key: string; joins: boolean } | undefined;
}

/** What is written down of who is told what, kept as one goes from change to change. */
export class AlertPlan {
  private readonly known: Map<string, Told>;
  private readonly standings: Map<string, Standing>;
  private readonly groups: Map<string, GroupTold>;
  private readonly added = new Map<string, NewDelivery>();
  private readonly widened = new Map<string, OpenDelivery>();
  private readonly hastened = new Map<string, Date>();
  private readonly touched = new Map<string, Pick<Standing, 'channel_id' | 'incident_id'>>();

  constructor(private readonly surroundings: Surroundings) {
    this.known = new Map(surroundings.told.map((one) => [nameOf(one.channel_id, one.incident_id), one]));
    this.standings = new Map(surroundings.standings.map((one) => [nameOf(one.channel_id, one.incident_id), one]));
    this.groups = new Map(surroundings.groups.map((one) => [nameOf(one.channel_id, one.group_key), one]));
  }

  before(channel: string, incident: string): Told | undefined {
    return this.known.get(nameOf(channel, incident));
  }

  standing(channel: string, incident: string): Standing | undefined {
    return this.standings.get(nameOf(channel, incident));
  }

  stand(standing: Standing): void {
    this.standings.set(this.touch(standing), standing);
  }

  drop(channel_id: string, incident_id: string): void {
    const name = nameOf(channel_id, incident_id);
    if (!this.standings.has(name)) return;
    this.touch({ channel_id, incident_id });
    this.standings.delete(name);
  }

  /** Notes what a silence holds back, for its end. Mere growth leaves no line in the log. */
  holdBack(channel_id: string, { incident, ...brief }: IncidentBrief, change: IncidentChange, until: Date): void {
    const { incident_id, workspace_id } = incident;
    const standing = this.standing(channel_id, incident_id) ?? newStanding(channel_id, incident_id);
    this.stand({ ...standing, owed: withChange(standing.owed, change), look_at: until });
    if (change.kind === 'grown') return;
    const { newId, now, publicUrl } = this.surroundings;
    this.add({
      delivery_id: newId(), channel_id, incident_id, workspace_id, change_id: change.change_id, change_ids: [change.change_id], event: eventOf({ incident, ...brief }, [change], publicUrl), state: 'silenced', send_at: now,
      carried_by: null, group_key: null,
    });
  }

  /** Puts news into what the channel is about to be told of the incident, or else into a notification of its own; with it whatever a silence held back. Says when it is sent. */
  tell(channel_id: string, news: News): Date {
    const { incident } = news.brief;
    const owed = this.standing(channel_id, incident.incident_id)?.owed ?? [];
    const before = this.before(channel_id, incident.incident_id);
    const send_at = before?.open !== undefined ? this.widen(channel_id, news, before, before.open, owed) : this.start(channel_id, news, before, owed);
    this.lookAgain(channel_id, news, send_at);
    return send_at;
  }

  planned(): Planned {
    const touched = [...this.touched];
    return {
      added: [...this.added.values()], widened: [...this.widened.values()], hastened: [...this.hastened].map(([delivery_id, send_at]) => ({ delivery_id, send_at })),
      standings: touched.flatMap(([name]) => this.standings.get(name) ?? []), dropped: touched.flatMap(([name, one]) => (this.standings.has(name) ? [] : [one])),
    };
  }

  private widen(channel_id: string, news: News, before: Told, open: OpenDelivery, owed: readonly IncidentChange[]): Date {
    const { incident } = news.brief;
    const wanted = this.slot(channel_id, news, before);
    const leaves = open.carried_by !== null && wanted.send_at < open.send_at;
    let changes: readonly IncidentChange[] = open.event.data.changes;
    let change_ids = [...open.change_ids];
    for (const change of [...owed, ...news.changes]) {
      if (changes.at(-1)?.kind === 'grown' && change.kind === 'grown') change_ids = change_ids.slice(0, -1);
      changes = withChange(changes, change);
      change_ids.push(change.change_id);
    }
    const wider: OpenDelivery = {
      delivery_id: open.delivery_id, change_ids, event: eventOf(news.brief, changes, this.surroundings.publicUrl, { ...news, now: this.surroundings.now }), send_at: wanted.send_at < open.send_at ? wanted.send_at : open.send_at,
      carried_by: leaves ? null : open.carried_by,
    };
    const own = this.added.get(open.delivery_id);
    if (own === undefined) this.widened.set(open.delivery_id, wider);
    else this.added.set(open.delivery_id, { ...own, ...wider });
    this.known.set(nameOf(channel_id, incident.incident_id), { ...before, last_send_at: wider.send_at, open: wider });
    return wider.send_at;
  }

  private start(channel_id: string, news: News, before: Told | undefined, owed: readonly IncidentChange[]): Date {
    const { newId, now, publicUrl } = this.surroundings;
    const { incident_id, workspace_id } = news.brief.incident;
    const changes = [...owed, ...news.changes].reduce(withChange, [] as readonly IncidentChange[]);
    const { send_at, group } = this.slot(channel_id, news, before);
    const delivery: NewDelivery = {
      delivery_id: newId(), channel_id, incident_id, workspace_id, change_id: news.changes[0]?.change_id ?? null, change_ids: changes.map(({ change_id }) => change_id),
      event: eventOf(news.brief, changes, publicUrl, { ...news, now }), state: 'pending', send_at, carried_by: null, group_key: group?.key ?? null,
    };
    const placed = group === undefined ? delivery : this.place(delivery, group);
    this.add(placed);
    this.known.set(nameOf(channel_id, incident_id), { channel_id, incident_id, last_send_at: placed.send_at, open: placed, waits: before?.waits ?? false });
    return placed.send_at;
  }

  /** The earliest moment that a route allows. What has nothing to do with what a channel was told before may have to wait for its group. */
  private slot(channel_id: string, { brief: { incident }, routes, ready }: News, before: Told | undefined): Slot {
    const mayJoin = before === undefined || (before.open === undefined ? !before.waits : before.open.carried_by !== null);
    const slots = routes.map((route): Slot => {
      const at = afterQuiet(route, incident.severity, ready(route, before));
      const key = mayJoin ? groupKey(route, incident) : undefined;
      if (key === undefined) return { send_at: at, group: undefined };
      const last = this.groups.get(nameOf(channel_id, key))?.last_send_at;
      // What was to be told first may wait for the end of quiet hours that this one need not wait for.
      const free = last === undefined || last > at ? at : new Date(last.getTime() + route.group_interval_s * 1_000);
      return free <= at ? { send_at: at, group: { key, joins: false } } : { send_at: afterQuiet(route, incident.severity, free), group: { key, joins: true } };
    });
    return slots.reduce((best, one) => (one.send_at < best.send_at || (one.send_at <= best.send_at && one.group?.joins !== true) ? one : best));
  }

  /** Into a list that waits for its time, or a new one; or, as the first of its group for long, by itself. */
  private place(delivery: NewDelivery, { key, joins }: { key: string; joins: boolean }): NewDelivery {
    const { channel_id, send_at } = delivery;
    const name = nameOf(channel_id, key);
    const group = this.groups.get(name) ?? { channel_id, group_key: key, last_send_at: undefined, open: undefined };
    if (!joins) {
      this.groups.set(name, { ...group, last_send_at: group.last_send_at !== undefined && group.last_send_at > send_at ? group.last_send_at : send_at });
      return delivery;
    }
    const list = group.open === undefined || group.open.members >= MOST_OF_A_GROUP ? this.newList(delivery, key) : group.open;
    const sendsAt = send_at < list.send_at ? send_at : list.send_at;
    if (sendsAt < list.send_at) this.hasten(list.delivery_id, sendsAt);
    this.groups.set(name, { ...group, open: { delivery_id: list.delivery_id, send_at: sendsAt, members: list.members + 1 } });
    return { ...delivery, carried_by: list.delivery_id, group_key: null, send_at: sendsAt };
  }

  private newList({ channel_id, event, send_at }: NewDelivery, group_key: string): { delivery_id: string; send_at: Date; members: number } {
    const delivery_id = this.surroundings.newId();
    this.add({ delivery_id, channel_id, incident_id: null, workspace_id: null, change_id: null, change_ids: [], event: { ...event, type: 'incident.group' }, state: 'pending', send_at, carried_by: null, group_key });
    return { delivery_id, send_at, members: 0 };
  }

  private hasten(delivery_id: string, send_at: Date): void {
    const own = this.added.get(delivery_id);
    if (own === undefined) this.hastened.set(delivery_id, send_at);
    else this.added.set(delivery_id, { ...own, send_at });
  }

  /** What was owed is told. Who is to be reminded is looked after again. */
  private lookAgain(channel_id: string, { brief: { incident }, changes, routes }: News, send_at: Date): void {
    const { incident_id } = incident;
    const standing = this.standing(channel_id, incident_id);
    if (isClosed(incident)) return this.drop(channel_id, incident_id);
    const waits = incident.state === 'open' ? routes.flatMap(({ remind_s }) => remind_s ?? []) : [];
    if (waits.length === 0 && standing === undefined) return;
    const afresh = changes.some(({ kind }) => kind === 'opened' || kind === 'state');
    this.stand({
      channel_id, incident_id, owed: [], reminders: afresh ? 0 : standing?.reminders ?? 0, look_at: waits.length === 0 ? null : new Date(send_at.getTime() + Math.min(...waits) * 1_000),
    });
  }

  private add(delivery: NewDelivery): void {
    this.added.set(delivery.delivery_id, delivery);
  }

  private touch({ channel_id, incident_id }: Pick<Standing, 'channel_id' | 'incident_id'>): string {
    const name = nameOf(channel_id, incident_id);
    this.touched.set(name, { channel_id, incident_id });
    return name;
  }
}

const nameOf = (channel: string, what: string) => `${channel} ${what}`;
