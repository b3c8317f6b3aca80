import { sql, type Selectable } from 'kysely';
import type { AlertDeliveryTable, Executor } from '@keytrail/postgres';

export type DeliveryRow = Selectable<AlertDeliveryTable>;

/** What somebody works on is theirs for so long; they say in time that they still do. */
export const HELD_MS = 5_000;

const heldUntil = sql<Date>`clock_timestamp() + make_interval(secs => ${HELD_MS / 1_000})`;

/**
 * Takes notifications that are due, for this process to send. One of an incident that waits for an earlier one of the same channel is not due; nor is what
 * another process is at, unless that has not been heard of.
 */
export const claimDue = (executor: Executor, { holder, now, limit, except }: { holder: string; now: Date; limit: number; except: readonly string[] }): Promise<DeliveryRow[]> =>
  executor.updateTable('alert_deliveries').set({ held_by: holder, held_until: heldUntil, attempted_at: now, attempts: sql<number>`attempts + 1` })
    .where('delivery_id', 'in', sql<string>`(SELECT d.delivery_id FROM alert_deliveries d
      WHERE d.state = 'pending' AND d.send_at <= ${now} AND (d.held_until IS NULL OR d.held_until < clock_timestamp())
        AND d.channel_id <> ALL(${except}::text[]) AND EXISTS (SELECT FROM alert_channels c WHERE c.channel_id = d.channel_id AND c.enabled)
        AND NOT EXISTS (SELECT FROM alert_deliveries e WHERE e.state = 'pending' AND e.channel_id = d.channel_id AND e.incident_id = d.incident_id AND e.position < d.position)
      ORDER BY d.send_at, d.position LIMIT ${limit} FOR UPDATE OF d SKIP LOCKED)`)
    .returningAll().execute();

/** Says that this process still works on these of what it took. */
export const renewHolds = async (executor: Executor, holder: string, deliveryIds: readonly string[]): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ held_until: heldUntil }).where('delivery_id', 'in', [...deliveryIds]).where('held_by', '=', holder).where('state', '=', 'pending').execute();
};

/** After a start on a database that no other process can have open: who held them is gone. */
export const releaseAllHolds = async (executor: Executor): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ held_by: null, held_until: null }).where('state', '=', 'pending').where('held_until', 'is not', null).execute();
};

export const settleDelivered = async (executor: Executor, deliveryId: string, status: number | null, now: Date): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ state: 'delivered', delivered_at: now, status, failure: null, held_by: null, held_until: null })
    .where('delivery_id', '=', deliveryId).execute();
};

export const settleFailed = async (executor: Executor, deliveryId: string, status: number | null, failure: string): Promise<void> => {
  await executor.updateTable('alert_deliveries').set({ state: 'failed', status, failure, held_by: null, held_until: null })
    .where('delivery_id', '=', deliveryId).where('state', '=', 'pending').execute();
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
