import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { AlertDelivery, AlertDeliveryPage, AlertDeliveryQuery, AlertDeliveryWithEvent, RedeliverAlert, SendTestAlert } from '@keytrail/contracts';
import { DEFAULT_WORKSPACE } from '@keytrail/credentials';
import { Clock, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor } from '@keytrail/postgres';
import { AlertChannels } from './alert-channels.service.js';
import { ChannelHealth } from './channel-health.service.js';
import { AlertSecrets } from './channel-secrets.service.js';
import { sendThrough } from './channels/index.js';
import type { DeliveryRow } from './deliveries.store.js';
import { testEvent } from './event.js';
import { AlertOutlets } from './outlets.service.js';

const Position = idPosition('dlv');

/** What was sent, is to be sent, or was held back. Seen by whoever sees the channel. */
@Injectable()
export class AlertDeliveries {
  constructor(
    private readonly database: Database, private readonly channels: AlertChannels, private readonly secrets: AlertSecrets, private readonly health: ChannelHealth, private readonly outlets: AlertOutlets,
    private readonly clock: Clock, private readonly auditTrail: AuditTrail,
  ) {}

  async list(scope: WorkspaceScope, query: AlertDeliveryQuery): Promise<AlertDeliveryPage> {
    let select = visible(this.database, scope).orderBy('d.delivery_id', 'desc').limit(query.limit + 1);
    if (query.workspace !== undefined) select = select.where('d.workspace_id', '=', query.workspace);
    if (query.channel_id !== undefined) select = select.where('d.channel_id', '=', query.channel_id);
    if (query.incident_id !== undefined) select = select.where('d.incident_id', '=', query.incident_id);
    if (query.state !== undefined) select = select.where('d.state', '=', query.state);
    if (query.cursor !== undefined) select = select.where('d.delivery_id', '<', decodeCursor(Position, query.cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return { data: shown.map(presentDelivery), next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)?.delivery_id) : null };
  }

  async get(scope: WorkspaceScope, deliveryId: string): Promise<AlertDeliveryWithEvent> {
    const row = await this.row(this.database, scope, deliveryId);
    return { ...presentDelivery(row), event: row.event };
  }

  /** Sends it again, soon and with all its attempts, under the id it had: a receiver that has it need not look twice. */
  async redeliver(caller: Caller, deliveryId: string, { reason }: RedeliverAlert): Promise<AlertDelivery> {
    await this.database.transaction().execute(async (transaction) => {
      const row = await this.row(transaction, caller.scope, deliveryId);
      const channel = await this.channels.row(transaction, caller.scope, row.channel_id, { lock: true });
      if (!channel.enabled) throw conflict('channel_switched_off', 'The channel is switched off; switch it on first.');
      if (row.held_until !== null && row.held_until > this.clock.date()) throw conflict('being_sent', 'It is being sent just now.');
      const now = this.clock.date();
      // That it was attempted before stays, so that no later change is put into it.
      await transaction.updateTable('alert_deliveries').set({ state: 'pending', attempts: 0, send_at: now, attempted_at: row.attempted_at ?? now, failure: null, status: null, held_by: null, held_until: null, carried_by: null })
        .where('delivery_id', '=', deliveryId).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'alert_delivery.redelivered', object_type: 'alert_delivery', object_id: deliveryId, workspace_id: channel.workspace_id, ...(reason !== undefined && { reason }),
        detail: { channel_id: row.channel_id, incident_id: row.incident_id, before: row.state },
      });
    });
    return this.get(caller.scope, deliveryId);
  }

  /** Tries a channel now, once. What became of it is the answer, and stands in the log. */
  async test(caller: Caller, channelId: string, { note }: SendTestAlert): Promise<AlertDelivery> {
    const channel = await this.channels.row(this.database, caller.scope, channelId);
    this.channels.assertMayChange(caller, channel);
    const now = this.clock.date();
    const event = testEvent(channel.workspace_id ?? DEFAULT_WORKSPACE, note, now);
    const deliveryId = newId('dlv');
    await this.auditTrail.recordRead(caller, { action: 'alert_channel.tested', object_type: 'alert_channel', object_id: channelId, workspace_id: channel.workspace_id });
    const outcome = await sendThrough(channel.config, { delivery_id: deliveryId, event, now }, await this.secrets.of(channelId), this.outlets);
    const isDelivered = outcome.result === 'delivered';
    return this.database.transaction().execute(async (transaction) => {
      await this.health.lock(transaction, channelId);
      const row = await transaction.insertInto('alert_deliveries').values({
        delivery_id: deliveryId, channel_id: channelId, incident_id: null, workspace_id: channel.workspace_id, type: 'test', change_id: null, change_ids: '[]', event: JSON.stringify(event),
        state: isDelivered ? 'delivered' : 'failed', attempts: 1, send_at: now, attempted_at: now, held_by: null, status: outcome.status ?? null,
        failure: outcome.result === 'delivered' ? null : outcome.failure, created_at: now, delivered_at: isDelivered ? this.clock.date() : null,
      }).returningAll().executeTakeFirstOrThrow();
      // A channel that is off stays so, and what is said of it: somebody tries whether it can be switched on.
      if (!channel.enabled) return presentDelivery(row);
      if (outcome.result === 'delivered') await this.health.noteDelivered(transaction, channelId);
      else await this.health.noteFailure(transaction, channelId, outcome.failure);
      return presentDelivery(row);
    });
  }

  private async row(executor: Executor, scope: WorkspaceScope, deliveryId: string): Promise<DeliveryRow> {
    const row = await visible(executor, scope).where('d.delivery_id', '=', deliveryId).executeTakeFirst();
    if (row === undefined) throw notFound('alert delivery');
    return row;
  }
}

const visible = (executor: Executor, scope: WorkspaceScope) => executor.selectFrom('alert_deliveries as d').innerJoin('alert_channels as c', 'c.channel_id', 'd.channel_id')
  .selectAll('d').where(inWorkspaces(scope.ids, 'c.workspace_id'));

const presentDelivery = (row: DeliveryRow): AlertDelivery => ({
  delivery_id: row.delivery_id, channel_id: row.channel_id, incident_id: row.incident_id, workspace_id: row.workspace_id, type: row.type, change_ids: row.change_ids, state: row.state,
  attempts: row.attempts, send_at: row.send_at.toISOString(), attempted_at: row.attempted_at?.toISOString() ?? null, status: row.status, failure: row.failure,
  created_at: row.created_at.toISOString(), delivered_at: row.delivered_at?.toISOString() ?? null, carried_by: row.carried_by,
});
