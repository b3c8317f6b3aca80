import type { Executor } from '@keytrail/postgres';
import type { DeliveryRow } from './deliveries.store.js';

/** Whether silences have begun that have not held back yet what waits. */
export const silencesToApply = async (executor: Executor, now: Date): Promise<boolean> =>
  await executor.selectFrom('silences').select('silence_id').where('applied_at', 'is', null).where('starts_at', '<=', now).limit(1).executeTakeFirst() !== undefined;

export const markApplied = async (transaction: Executor, now: Date): Promise<void> => {
  await transaction.updateTable('silences').set({ applied_at: now }).where('applied_at', 'is', null).where('starts_at', '<=', now).execute();
};

/** What waits and nobody has begun to send, in order; it stays locked. */
export const waitingDeliveries = (transaction: Executor, { after, limit }: { after: number; limit: number }): Promise<DeliveryRow[]> =>
  transaction.selectFrom('alert_deliveries').selectAll().where('state', '=', 'pending').where('attempted_at', 'is', null).where('incident_id', 'is not', null).where('position', '>', after)
    .orderBy('position').limit(limit).forUpdate().skipLocked().execute();

export const silenceDeliveries = async (transaction: Executor, deliveryIds: readonly string[]): Promise<void> => {
  if (deliveryIds.length === 0) return;
  await transaction.updateTable('alert_deliveries').set({ state: 'silenced', carried_by: null }).where('delivery_id', 'in', [...deliveryIds]).execute();
};
