import { sql, type Selectable } from 'kysely';
import type { AlertDeliveryTable, Executor } from '@keytrail/postgres';

export type DeliveryRow = Selectable<AlertDeliveryTable>;

/** What somebody works on is theirs for so long; they say in time that they still do. */
export const HELD_MS = 5_000;

const heldUntil = sql<Date>`clock_timestamp() + make_interval(secs => ${HELD_MS / 1_000})`;

/** Of `d`: it is time, and nobody is at it. */
const isDue = (now: Date) => sql<boolean>`d.state = 'pending' AND d.carried_by IS NULL AND d.send_at <= ${now} AND (d.held_until IS NULL OR d.held_until < clock_timestamp())`;

/** Channels that are on and for which something is due, whether or not it can be begun. */
export async function channelsWithDue(executor: Executor, now: Date): Promise<{ channel_id: string; workspace_id: string | null; failing: boolean }[]> {
  const { rows } = await sql<{ channel_id: string; workspace_id: string | null; failing: boolean }>`SELECT c.channel_id, c.workspace_id, c.failing_since IS NOT NULL AS failing
    FROM alert_channels c WHERE c.enabled AND EXISTS (SELECT FROM alert_deliveries d WHERE d.channel_id = c.channel_id AND ${isDue(now)}) ORDER BY random()`.execute(executor);
  return rows;
}

/**
 * Takes notifications that are due, for this process to send, of each channel as many as there is room for. One of an incident that waits for an earlier one of
 * the same channel is not due; nor is what another process is at, unless that has not been heard of.
 */
export const claimDue = (executor: Executor, { holder, now, rooms }: { holder: string; now: Date; rooms: ReadonlyMap<string, number> }): Promise<DeliveryRow[]> =>
  executor.updateTable('alert_deliveries').set({ held_by: holder, held_until: heldUntil, attempted_at: now, attempts: sql<number>`attempts + 1` })
    .where('delivery_id', 'in', sql<string>`(SELECT x.delivery_id FROM unnest(${[...rooms.keys()]}::text[], ${[...rooms.values()]}::int[]) AS r (channel_id, room) CROSS JOIN LATERAL (
      SELECT d.delivery_id FROM alert_deliveries d WHERE d.channel_id = r.channel_id AND ${isDue(now)}
        AND NOT EXISTS (SELECT FROM alert_deliveries e WHERE e.state = 'pending' AND e.channel_id = d.channel_id AND e.incident_id = d.incident_id AND e.position < d.position)
      ORDER BY d.send_at, d.position LIMIT r.room FOR UPDATE OF d SKIP LOCKED) x)`)
    .returningAll().execute();

/** What a list carries that nobody has begun to send, and from now on is begun, with what it says; in order. */
export const beginCarried = async (transaction: Executor, listId: string, now: Date): Promise<DeliveryRow[]> => {
  const rows = await transaction.updateTable('alert_deliveries').set({ attempted_at: now, attempts: sql<number>`attempts + 1` })
    .where('carried_by', '=', listId).where('state', '=', 'pending').returningAll().execute();
  return rows.sort((a, b) => a.position - b.position);
};

/** What a list says does not change from now on. Gives it as it is kept, for the first attempt must have the bytes that later ones have. */
export const seal = async (transaction: Executor, listId: string, { event, change_ids }: Pick<DeliveryRow, 'event' | 'change_ids'>, now: Date): Promise<DeliveryRow['event']> => {
  const kept = await transaction.updateTable('alert_deliveries').set({ event: JSON.stringify(event), change_ids: JSON.stringify(change_ids), sealed_at: now }).where('delivery_id', '=', listId).returning('event').executeTakeFirstOrThrow();
  return kept.event;
};

/** A list with nothing in it: what it carried was held back, or sent by itself. */
export const removeList = async (transaction: Executor, listId: string): Promise<void> => {
  await transaction.deleteFrom('alert_deliveries').where('delivery_id', '=', listId).execute();
};

/** Says that this process still works on these of what it took. */
export const renewHolds = async (executor: Executor, holder: string, deliveryIds: readonly string[]): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ held_until: heldUntil }).where('delivery_id', 'in', [...deliveryIds]).where('held_by', '=', holder).where('state', '=', 'pending').execute();
};

/** After a start on a database that no other process can have open: who held them is gone. */
export const releaseAllHolds = async (executor: Executor): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ held_by: null, held_until: null }).where('state', '=', 'pending').where('held_until', 'is not', null).execute();
};

/** What a list carries is settled as the list is. */
const orCarriedBy = (row: Pick<DeliveryRow, 'delivery_id' | 'type'>) => (row.type === 'incident.group'
  ? sql<boolean>`(delivery_id = ${row.delivery_id} OR (carried_by = ${row.delivery_id} AND state <> 'silenced'))` : sql<boolean>`delivery_id = ${row.delivery_id}`);

export const settleDelivered = async (executor: Executor, row: Pick<DeliveryRow, 'delivery_id' | 'type'>, status: number | null, now: Date): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ state: 'delivered', delivered_at: now, status, failure: null, held_by: null, held_until: null }).where(orCarriedBy(row)).execute();
};

export const settleFailed = async (executor: Executor, row: Pick<DeliveryRow, 'delivery_id' | 'type'>, status: number | null, failure: string): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ state: 'failed', status, failure, held_by: null, held_until: null }).where(orCarriedBy(row)).where('state', '=', 'pending').execute();
};

/** Tries again at a time. What waits behind it waits as long, and is not looked at in vain. */
export async function settleRetry(transaction: Executor, row: Pick<DeliveryRow, 'delivery_id' | 'channel_id' | 'incident_id' | 'position'>, status: number | null, failure: string, sendAt: Date): Promise<void> {
  await transaction.updateTable('alert_deliveries').set({ send_at: sendAt, status, failure, held_by: null, held_until: null })
    .where('delivery_id', '=', row.delivery_id).where('state', '=', 'pending').execute();
  if (row.incident_id === null) return;
  await transaction.updateTable('alert_deliveries').set({ send_at: sendAt }).where('channel_id', '=', row.channel_id).where('incident_id', '=', row.incident_id)
    .where('position', '>', row.position).where('state', '=', 'pending').where('send_at', '<', sendAt).execute();
}

/** Gives up all that waits for a channel, after which it gets nothing more. */
export const failAllOf = async (transaction: Executor, channelId: string, failure: string): Promise<void> => {
  await transaction.updateTable('alert_deliveries').set({ state: 'failed', failure, held_by: null, held_until: null }).where('channel_id', '=', channelId).where('state', '=', 'pending').execute();
};
