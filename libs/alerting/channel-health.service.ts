import { Injectable } from '@nestjs/common';
import { OwnIncidents } from '@keytrail/incidents';
import { Clock } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { AlertingSettings } from './alerting.settings.js';
import { failAllOf } from './deliveries.store.js';

/** What incidents about channels are filed under. */
export const CHANNEL_FAILING = 'alert-channel-failing';

/** That a channel goes on working is noted so often by each process. */
const NOTED_EVERY_MS = 5_000;

/** Which channels work. One that fails for long, or is switched off by its receiver, is an incident itself: others must hear of it. */
@Injectable()
export class ChannelHealth {
  private readonly noted = new Map<string, number>();

  constructor(private readonly database: Database, private readonly incidents: OwnIncidents, private readonly clock: Clock, private readonly settings: AlertingSettings) {}

  /** Whether this process has noted a moment ago that the channel works, and heard nothing else since. */
  isNotedAsWorking(channelId: string): boolean {
    return performance.now() - (this.noted.get(channelId) ?? Number.NEGATIVE_INFINITY) < NOTED_EVERY_MS;
  }

  /** Before deliveries of the channel are settled in a way that changes how well it works. */
  async lock(transaction: Executor, channelId: string): Promise<void> {
    await transaction.selectFrom('alert_channels').select('channel_id').where('channel_id', '=', channelId).forNoKeyUpdate().execute();
  }

  /** It is deleted: nobody has to see to it any more. */
  async forget(transaction: Executor, { failing_incident_id }: { failing_incident_id: string | null }): Promise<void> {
    if (failing_incident_id !== null) await this.incidents.resolve(transaction, failing_incident_id, 'the channel was deleted');
  }

  async noteDelivered(transaction: Executor, channelId: string): Promise<void> {
    this.noted.set(channelId, performance.now());
    const noted = await transaction.updateTable('alert_channels').set({ failing_since: null, last_failure: null, last_delivered_at: this.clock.date() }).where('channel_id', '=', channelId)
      .returning('failing_incident_id').executeTakeFirst();
    if (noted?.failing_incident_id == null) return;
    await this.incidents.resolve(transaction, noted.failing_incident_id, 'the channel delivers again');
    await transaction.updateTable('alert_channels').set({ failing_incident_id: null }).where('channel_id', '=', channelId).execute();
  }

  async noteFailure(transaction: Executor, channelId: string, failure: string): Promise<void> {
    const now = this.clock.date();
    this.noted.delete(channelId);
    await transaction.updateTable('alert_channels').set(({ fn, ref, val }) => ({ failing_since: fn<Date>('coalesce', [ref('failing_since'), val(now)]), last_failure: failure }))
      .where('channel_id', '=', channelId).execute();
  }

  /** The receiver wants nothing more: the channel is off until somebody switches it on. */
  async switchOff(transaction: Executor, channelId: string, why: string): Promise<void> {
    const now = this.clock.date();
    const channel = await transaction.updateTable('alert_channels').set({ enabled: false, switched_off_because: why, last_failure: why, updated_at: now })
      .where('channel_id', '=', channelId).where('enabled', '=', true).returningAll().executeTakeFirst();
    if (channel === undefined) return;
    await failAllOf(transaction, channelId, why);
    await this.open(transaction, channel, `${why}. It was switched off; nobody hears of incidents through it until it is switched on again`, now);
  }

  /** Opens an incident for each channel through which nothing has got for long. */
  async openIncidents(): Promise<void> {
    const before = new Date(this.clock.now() - this.settings.failingAfterMs);
    // One that was closed too early stands for so long; a false positive for as long as the channel fails on.
    const due = this.database.selectFrom('alert_channels as c').leftJoin('incidents as i', 'i.incident_id', 'c.failing_incident_id').select('c.channel_id')
      .where('c.enabled', '=', true).where('c.failing_since', '<', before).where((where) => where.or([
        where('c.failing_incident_id', 'is', null),
        where.and([where('i.closed_at', '<', before), where('i.merged_into', 'is', null), where.or([where('i.state', '=', 'resolved'), where('i.closed_at', '<', where.ref('c.failing_since'))])]),
      ]));
    for (const { channel_id } of await due.execute()) {
      await this.database.transaction().execute(async (transaction) => {
        const channel = await transaction.selectFrom('alert_channels').selectAll().where('channel_id', '=', channel_id).forUpdate().executeTakeFirst();
        if (channel?.failing_since == null) return;
        await this.open(transaction, channel, `nothing has got through it since ${channel.failing_since.toISOString()}: ${channel.last_failure ?? 'no reason known'}`, channel.failing_since);
      });
    }
  }

  private async open(transaction: Executor, channel: { channel_id: string; name: string; workspace_id: string | null; failing_incident_id: string | null }, summary: string, since: Date): Promise<void> {
    if (channel.failing_incident_id !== null && await this.incidents.isOpen(transaction, channel.failing_incident_id)) return;
    const incidentId = await this.incidents.open(transaction, {
      rule_id: CHANNEL_FAILING, title: `Alerts do not get through: ${channel.name}`, severity: 'high', workspace_id: channel.workspace_id, summary: `${summary} (${channel.channel_id})`, since,
    });
    await transaction.updateTable('alert_channels').set({ failing_incident_id: incidentId }).where('channel_id', '=', channel.channel_id).execute();
  }
}
