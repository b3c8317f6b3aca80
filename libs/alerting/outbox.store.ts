import { sql, type Selectable } from 'kysely';
import type { AlertChannelTable, AlertRouteTable, Executor, IncidentChangeTable } from '@keytrail/postgres';
import type { Destination, FanOutPlan, Told } from './fan-out.js';
import type { Silenced } from './routing.js';

export type ChangeRow = Selectable<IncidentChangeTable>;
export type ChannelRow = Selectable<AlertChannelTable>;
export type RouteRow = Selectable<AlertRouteTable>;

/** Any number; the same in every process that passes changes on. */
const FAN_OUT_LOCK = 7_620_023;

/** One process at a time, so that changes of one incident are passed on in their order. Whether it is this one, until the transaction ends. */
export async function lockFanOut(transaction: Executor): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`SELECT pg_try_advisory_xact_lock(${FAN_OUT_LOCK}) AS locked`.execute(transaction);
  return rows[0]?.locked === true;
}

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
    .select(['r.channel_id', 'c.workspace_id', 'r.min_severity', 'r.workspaces', 'r.owner_ids', 'r.rule_ids', 'r.quiet_hours', 'r.group_s', 'r.renotify_s'])
    .where('c.enabled', '=', true).orderBy('r.channel_id').orderBy('r.route_id').execute();
  return [...new Map(rows.map((row) => [row.channel_id, row.workspace_id]))]
    .map(([channel_id, workspace_id]) => ({ channel_id, workspace_id, routes: rows.filter((row) => row.channel_id === channel_id) }));
}

export const runningSilences = (executor: Executor, now: Date): Promise<Silenced[]> =>
  executor.selectFrom('silences').selectAll().where('starts_at', '<=', now).where('ends_at', '>', now).execute();

/** What every channel was told of incidents. Deliveries that nobody has begun to send stay locked, so that nobody begins. */
export async function toldOf(transaction: Executor, incidentIds: readonly string[]): Promise<Told[]> {
  const open = await transaction.selectFrom('alert_deliveries').select(['delivery_id', 'channel_id', 'incident_id', 'event', 'change_ids', 'send_at', 'position'])
    .where('incident_id', 'in', [...incidentIds]).where('state', '=', 'pending').where('attempted_at', 'is', null).orderBy('position').forUpdate().skipLocked().execute();
  const last = await transaction.selectFrom('alert_deliveries').select(({ fn }) => ['channel_id', 'incident_id', fn.max('send_at').as('last_send_at')])
    .where('incident_id', 'in', [...incidentIds]).where('state', '<>', 'silenced').groupBy(['channel_id', 'incident_id']).execute();
  return last.map(({ channel_id, incident_id, last_send_at }) => ({
    channel_id, incident_id: incident_id!, last_send_at: last_send_at as Date, open: open.findLast((one) => one.channel_id === channel_id && one.incident_id === incident_id),
  }));
}

/** A statement holds 65,535 values at most, and many channels are told of many incidents at once. */
const DELIVERIES_A_STATEMENT = 1_000;

export async function applyPlan(transaction: Executor, { added, widened }: FanOutPlan, now: Date): Promise<void> {
  for (let start = 0; start < added.length; start += DELIVERIES_A_STATEMENT) {
    await transaction.insertInto('alert_deliveries').values(added.slice(start, start + DELIVERIES_A_STATEMENT).map((one) => ({
      delivery_id: one.delivery_id, channel_id: one.channel_id, incident_id: one.incident_id, workspace_id: one.workspace_id, type: one.event.type, change_id: one.change_ids[0] ?? null,
      change_ids: JSON.stringify(one.change_ids), event: JSON.stringify(one.event), state: one.state, attempts: 0, send_at: one.send_at, held_by: null, status: null, failure: null, created_at: now,
    }))).execute();
  }
  for (const { delivery_id, change_ids, event, send_at } of widened) {
    await transaction.updateTable('alert_deliveries').set({ type: event.type, change_ids: JSON.stringify(change_ids), event: JSON.stringify(event), send_at }).where('delivery_id', '=', delivery_id).execute();
  }
}
