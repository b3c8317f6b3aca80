import { Injectable } from '@nestjs/common';
import { Clock, Secrets } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import type { ChannelSecrets } from './channels/channel.js';

const REWRAPPED_A_TIME = 100;

/** Secrets of channels, which are kept encrypted. Never answer or log one. */
@Injectable()
export class AlertSecrets {
  constructor(private readonly database: Database, private readonly secrets: Secrets, private readonly clock: Clock) {}

  /** Those of channels that are not out of date. */
  async ofAll(channelIds: readonly string[]): Promise<(channelId: string) => ChannelSecrets> {
    const now = this.clock.date();
    const rows = await this.database.selectFrom('alert_channel_secrets').selectAll().where('channel_id', 'in', [...channelIds]).execute();
    const current = rows.filter(({ expires_at }) => expires_at === null || expires_at > now);
    return (channelId) => new Map(current.filter(({ channel_id }) => channel_id === channelId).map((row) => [row.name, this.secrets.unwrap(row, placeOf(channelId, row.name))]));
  }

  async of(channelId: string): Promise<ChannelSecrets> {
    return (await this.ofAll([channelId]))(channelId);
  }

  async put(transaction: Executor, channelId: string, name: string, secret: string, expiresAt: Date | null = null): Promise<void> {
    const kept = { ...this.secrets.wrap(secret, placeOf(channelId, name)), expires_at: expiresAt };
    await transaction.insertInto('alert_channel_secrets').values({ channel_id: channelId, name, ...kept })
      .onConflict((conflict) => conflict.columns(['channel_id', 'name']).doUpdateSet(kept)).execute();
  }

  /** A secret takes the place of another, which is kept under a name of its own for a while. */
  async replace(transaction: Executor, channelId: string, { name, oldName, secret, oldUntil }: { name: string; oldName: string; secret: string; oldUntil: Date }): Promise<void> {
    const old = await transaction.selectFrom('alert_channel_secrets').selectAll().where('channel_id', '=', channelId).where('name', '=', name).forUpdate().executeTakeFirst();
    if (old !== undefined) await this.put(transaction, channelId, oldName, this.secrets.unwrap(old, placeOf(channelId, name)), oldUntil);
    await this.put(transaction, channelId, name, secret);
  }

  /** Encrypts anew what is not under the newest wrapping key, so that older ones can go; forgets what is out of date. */
  async rewrap(): Promise<void> {
    const version = this.secrets.wrappingKeys.newest;
    await this.database.deleteFrom('alert_channel_secrets').where('expires_at', '<', this.clock.date()).execute();
    const outdated = await this.database.selectFrom('alert_channel_secrets').selectAll().where('wrapping_version', '<', version).limit(REWRAPPED_A_TIME).execute();
    for (const row of outdated) {
      const place = placeOf(row.channel_id, row.name);
      await this.database.updateTable('alert_channel_secrets').set(this.secrets.wrap(this.secrets.unwrap(row, place), place))
        .where('channel_id', '=', row.channel_id).where('name', '=', row.name).where('wrapped', '=', row.wrapped).execute();
    }
  }
}

const placeOf = (channelId: string, name: string) => `alert-channel:${channelId}:${name}`;
