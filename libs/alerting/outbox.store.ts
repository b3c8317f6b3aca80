import { sql, type Selectable } from 'kysely';
import type { AlertChannelTable, AlertRouteTable, Executor, IncidentChangeTable } from '@keytrail/postgres';
import type { Destination, GroupTold, Planned, Told } from './alert-plan.js';
import type { Silenced } from './routing.js';
import { dropStandings, saveStandings } from './standings.store.js';

export type ChangeRow = Selectable<IncidentChangeTable>;
export type ChannelRow = Selectable<AlertChannelTable>;
export type RouteRow = Selectable<AlertRouteTable>;

/** Any number; the same in every process that passes changes on. */
const FAN_OUT_LOCK = 7_620_023;

/** One process at a time, so that changes of one incident are passed on in their order. Whether it is this one, until the transaction ends. */
export async function tryLockFanOut(transaction: Executor): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`SELECT pg_try_advisory_xact_lock(${FAN_OUT_LOCK}) AS locked`.execute(transaction);
  return rows[0]?.locked === true;
}

/** For who changes what decides on who is told: waits until it is their turn. */
export const lockFanOut = async (transaction: Executor): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${FAN_OUT_LOCK})`.execute(transaction);
};

export const changesWait = async (executor: Executor): Promise<boolean> =>
  await executor.selectFrom('incident_changes').select('change_id').where('fanned_out_at', 'is', null).limit(1).executeTakeFirst() !== undefined;

/** In their order; those that a transaction under way adds to are left for later. */
export const pendingChanges = (transaction: Executor, limit: number): Promise<ChangeRow[]> =>
  transaction.selectFrom('incident_changes').selectAll().where('fanned_out_at', 'is', null).orderBy('change_id').limit(limit).forUpdate().skipLocked().execute();

export const markFannedOut = async (transaction: Executor, changeIds: readonly number[], now: Date): Promise<void> => {
  await transaction.updateTable('incident_changes').set({ fanned_out_at: now }).where('change_id', 'in', [...changeIds]).execute();
};

/** Channels that are on and have routes. */
export async function destinations(executor: Executor): Promise<Destination[]> {
  const rows = await executor.selectFrom('alert_routes as r').innerJoin('alert_channels as c', 'c.channel_id', 'r.channel_id')
    .selectAll('r').select('c.workspace_id')
    .where('c.enabled', '=', true).orderBy('r.channel_id').orderBy('r.route_id').execute();
  return [...new Map(rows.map((row) => [row.channel_id, row.workspace_id]))]
    .map(([channel_id, workspace_id]) => ({ channel_id, workspace_id, routes: rows.filter((row) => row.channel_id === channel_id) }));
}

export const runningSilences = (executor: Executor, now: Date): Promise<Silenced[]> =>
  executor.selectFrom('silences').selectAll().where('starts_at', '<=', now).where('ends_at', '>', now).execute();

/** What every channel was told of incidents. Deliveries that nobody has begun to send stay locked, so that nobody begins. */
export async function toldOf(transaction: Executor, incidentIds: readonly string[]): Promise<Told[]> {
  const open = await transaction.selectFrom('alert_deliveries').select(['delivery_id', 'channel_id', 'incident_id', 'event', 'change_ids', 'send_at', 'position', 'carried_by'])
    .where('incident_id', 'in', [...incidentIds]).where('state', '=', 'pending').where('attempted_at', 'is', null).orderBy('position').forUpdate().skipLocked().execute();
  const last = await transaction.selectFrom('alert_deliveries').select(({ fn }) => ['channel_id', 'incident_id', fn.max('send_at').as('last_send_at'), sql<boolean>`bool_or(state = 'pending' AND attempted_at IS NOT NULL)`.as('waits')])
    .where('incident_id', 'in', [...incidentIds]).where('state', '<>', 'silenced').groupBy(['channel_id', 'incident_id']).execute();
  return last.map(({ channel_id, incident_id, last_send_at, waits }) => ({
    channel_id, incident_id: incident_id!, last_send_at: last_send_at as Date, waits, open: open.findLast((one) => one.channel_id === channel_id && one.incident_id === incident_id),
  }));
}

/** A statement holds 65,535 values at most, and many channels are told of many incidents at once. */
const DELIVERIES_A_STATEMENT = 1_000;

/** What was told of groups, by channel and the keys that they may have there. Lists that nobody has begun to send stay locked. */
export async function groupsOf(transaction: Executor, groups: readonly { channel_id: string; group_key: string }[]): Promise<GroupTold[]> {
  if (groups.length === 0) return [];
  const channels = [...new Set(groups.map(({ channel_id }) => channel_id))];
  const keys = [...new Set(groups.map(({ group_key }) => group_key))];
  const open = await transaction.selectFrom('alert_deliveries as d').select(['d.delivery_id', 'd.channel_id', 'd.group_key', 'd.send_at', 'd.position'])
    .select(({ selectFrom }) => selectFrom('alert_deliveries as m').select(({ fn }) => fn.countAll<number>().as('n')).whereRef('m.carried_by', '=', 'd.delivery_id').as('members'))
    .where('d.channel_id', 'in', channels).where('d.group_key', 'in', keys).where('d.type', '=', 'incident.group').where('d.state', '=', 'pending').where('d.attempted_at', 'is', null)
    .orderBy('d.position').forUpdate('d').skipLocked().execute();
  const last = await transaction.selectFrom('alert_deliveries').select(({ fn }) => ['channel_id', 'group_key', fn.max('send_at').as('last_send_at')])
    .where('channel_id', 'in', channels).where('group_key', 'in', keys).where((where) => where.or([where('type', '<>', 'incident.group'), where('attempted_at', 'is not', null)])).groupBy(['channel_id', 'group_key']).execute();
  return [...new Map([...last, ...open].map(({ channel_id, group_key }) => [`${channel_id} ${group_key}`, { channel_id, group_key: group_key! }])).values()].map(({ channel_id, group_key }) => {
    const is = (one: { channel_id: string; group_key: string | null }) => one.channel_id === channel_id && one.group_key === group_key;
    const list = open.findLast(is);
    return {
      channel_id, group_key, last_send_at: last.find(is)?.last_send_at as Date | undefined,
      open: list && { delivery_id: list.delivery_id, send_at: list.send_at, members: Number(list.members) },
    };
  });
}

export async function applyPlan(transaction: Executor, { added, widened, hastened, standings, dropped }: Planned, now: Date): Promise<void> {
  for (let start = 0; start < added.length; start += DELIVERIES_A_STATEMENT) {
    await transaction.insertInto('alert_deliveries').values(added.slice(start, start + DELIVERIES_A_STATEMENT).map((one) => ({
      delivery_id: one.delivery_id, channel_id: one.channel_id, incident_id: one.incident_id, workspace_id: one.workspace_id, type: one.event.type, change_id: one.change_id,
      change_ids: JSON.stringify(one.change_ids), event: JSON.stringify(one.event), state: one.state, attempts: 0, send_at: one.send_at, held_by: null, status: null, failure: null, created_at: now, carried_by: one.carried_by, group_key: one.group_key,
    }))).execute();
  }
  for (const { delivery_id, change_ids, event, send_at, carried_by } of widened) {
    await transaction.updateTable('alert_deliveries').set({ type: event.type, change_ids: JSON.stringify(change_ids), event: JSON.stringify(event), send_at, carried_by }).where('delivery_id', '=', delivery_id).execute();
  }
  for (const { delivery_id, send_at } of hastened) {
    await transaction.updateTable('alert_deliveries').set({ send_at }).where((where) => where.or([where('delivery_id', '=', delivery_id), where('carried_by', '=', delivery_id)])).execute();
  }
  await dropStandings(transaction, dropped);
  await saveStandings(transaction, standings);
}
