import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { AlertChannelConfig, AlertEvent } from '@keytrail/contracts';
import { Clock, Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { ChannelHealth } from './channel-health.service.js';
import { AlertSecrets } from './channel-secrets.service.js';
import type { ChannelSecrets, SendOutcome } from './channels/channel.js';
import { sendThrough } from './channels/index.js';
import { beginCarried, channelsWithDue, claimDue, HELD_MS, releaseAllHolds, removeList, renewHolds, seal, settleDelivered, settleFailed, settleRetry, type DeliveryRow } from './deliveries.store.js';
import { groupEvent } from './group.js';
import { AlertOutlets } from './outlets.service.js';
import { waitAfter } from './retry.js';
import { shareRoom, type Claimant } from './share-room.js';

const RENEW_EVERY_MS = HELD_MS / 4;
/** A stop waits no longer for receivers that do not answer; what was sent to them is sent again, under the ids it had. */
const LONGEST_STOP_MS = 3_000;

type Claimable = Omit<Claimant, 'underWay'>;

interface UsableChannel {
  config: AlertChannelConfig;
  secrets(): ChannelSecrets;
}

/**
 * Sends notifications that are due. Each is taken by one process, which says in time that it still has it; one that ends in between leaves it to be taken
 * again. So each arrives at least once, and under the same id.
 */
@Injectable()
export class AlertSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('alerts');
  private readonly holder = randomUUID();
  private readonly underWay = new Map<string, { channel: Claimable; done: Promise<void> }>();
  private renewed = 0;
  private beginning: Promise<number> | undefined;
  /** There was more than there was room for. */
  private moreWaits = false;
  private stopped = false;

  constructor(
    private readonly database: Database, private readonly secrets: AlertSecrets, private readonly health: ChannelHealth, private readonly outlets: AlertOutlets,
    private readonly clock: Clock, private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // An embedded database has no other process: who held something is gone.
    if (this.database.writes !== undefined) await releaseAllHolds(this.database);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.race([this.settled(), delay(LONGEST_STOP_MS, undefined, { ref: false })]);
  }

  /** Begins to send what is due, as far as there is room. Returns how many. What there is no room for follows by itself. */
  begin(): Promise<number> {
    this.beginning ??= this.beginSome().finally(() => {
      this.beginning = undefined;
    });
    return this.beginning;
  }

  private async beginSome(): Promise<number> {
    await this.renew();
    for (let begun = 0; ;) {
      const due = this.stopped ? [] : await channelsWithDue(this.database, this.clock.date());
      const rooms = this.rooms(due);
      this.moreWaits = due.length > 0;
      if (rooms.size === 0 || this.stopped) return begun;
      const rows = await claimDue(this.database, { holder: this.holder, now: this.clock.date(), rooms });
      const channels = await this.channelsOf(rows);
      for (const row of rows) {
        const done = this.send(row, channels.get(row.channel_id)).catch((error: unknown) => this.logger.error('a notification could not be settled', error instanceof Error ? error.stack : undefined))
          .finally(() => this.finished(row.delivery_id));
        this.underWay.set(row.delivery_id, { channel: due.find(({ channel_id }) => channel_id === row.channel_id)!, done });
      }
      begun += rows.length;
      // What is due waits for something that is under way, or that another process has.
      if (rows.length === 0) return begun;
    }
  }

  /** Waits for what is under way, and for what follows by itself. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all([...this.underWay.values()].map(({ done }) => done));
  }

  private finished(deliveryId: string): void {
    this.underWay.delete(deliveryId);
    if (this.moreWaits && !this.stopped) void this.begin().catch(() => undefined);
  }

  private rooms(due: readonly Claimable[]): Map<string, number> {
    const counts = new Map<string, Claimant>();
    for (const { channel } of this.underWay.values()) counts.set(channel.channel_id, { ...channel, underWay: (counts.get(channel.channel_id)?.underWay ?? 0) + 1 });
    const claimants = due.map((channel) => ({ ...channel, underWay: counts.get(channel.channel_id)?.underWay ?? 0 }));
    for (const { channel_id } of due) counts.delete(channel_id);
    return shareRoom(claimants, [...counts.values()]);
  }

  private async renew(): Promise<void> {
    if (this.underWay.size === 0 || performance.now() - this.renewed < RENEW_EVERY_MS) return;
    this.renewed = performance.now();
    await renewHolds(this.database, this.holder, [...this.underWay.keys()]);
  }

  /** What is needed to send, read once for all that were taken together. */
  private async channelsOf(rows: readonly DeliveryRow[]): Promise<ReadonlyMap<string, UsableChannel>> {
    const ids = [...new Set(rows.map(({ channel_id }) => channel_id))];
    if (ids.length === 0) return new Map();
    const channels = await this.database.selectFrom('alert_channels').select(['channel_id', 'config']).where('channel_id', 'in', ids).execute();
    const secretsOf = await this.secrets.ofAll(ids);
    return new Map(channels.map(({ channel_id, config }) => [channel_id, { config, secrets: () => secretsOf(channel_id) }]));
  }

  private async send(row: DeliveryRow, channel: UsableChannel | undefined): Promise<void> {
    // Deleted in the meantime, and its deliveries with it.
    if (channel === undefined) return;
    const event = row.type === 'incident.group' ? await this.sealed(row) : row.event;
    if (event === undefined) return;
    const { config } = channel;
    const outcome = await sendThrough(config, { delivery_id: row.delivery_id, event, now: this.clock.date() }, channel.secrets(), this.outlets);
    this.metrics.alertAttempts.inc({ kind: config.kind, result: outcome.result });
    await this.settle(row, outcome);
  }

  /** What a list says: written down before the first attempt, as it is then. undefined: nothing is left in it. */
  private async sealed(row: DeliveryRow): Promise<AlertEvent | undefined> {
    if (row.sealed_at !== null || row.group_key === null) return row.event;
    const key = row.group_key;
    return this.database.transaction().execute(async (transaction) => {
      const carried = await beginCarried(transaction, row.delivery_id, this.clock.date());
      if (carried.length === 0) {
        await removeList(transaction, row.delivery_id);
        return undefined;
      }
      const event = groupEvent(carried.map((one) => one.event), key);
      return seal(transaction, row.delivery_id, { event, change_ids: carried.flatMap(({ change_ids }) => change_ids) }, this.clock.date());
    });
  }

  private async settle(row: DeliveryRow, outcome: SendOutcome): Promise<void> {
    const status = outcome.status ?? null;
    const now = this.clock.date();
    if (outcome.result === 'delivered' && this.health.isNotedAsWorking(row.channel_id)) return settleDelivered(this.database, row, status, now);
    await this.database.transaction().execute(async (transaction) => {
      // The channel before its deliveries, as everybody does who needs both.
      await this.health.lock(transaction, row.channel_id);
      switch (outcome.result) {
        case 'delivered':
          await settleDelivered(transaction, row, status, now);
          return this.health.noteDelivered(transaction, row.channel_id);
        case 'gone':
          await settleFailed(transaction, row, status, outcome.failure);
          return this.health.switchOff(transaction, row.channel_id, outcome.failure);
        case 'refused':
          await settleFailed(transaction, row, status, outcome.failure);
          return this.health.noteFailure(transaction, row.channel_id, outcome.failure);
        case 'retry': {
          const wait = waitAfter(row.attempts, Math.random(), outcome.retryAfterMs);
          if (wait === undefined) await settleFailed(transaction, row, status, outcome.failure);
          else await settleRetry(transaction, row, status, outcome.failure, new Date(now.getTime() + wait));
          return this.health.noteFailure(transaction, row.channel_id, outcome.failure);
        }
      }
    });
  }
}
