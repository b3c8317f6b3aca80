import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import { alertChannelSecrets, rolePermissions, type AlertChannel, type AlertChannelConfig, type AlertChannelPage, type AlertChannelQuery, type CreateAlertChannel, type CreatedAlertChannel, type Role, type RotateSigningSecret, type UpdateAlertChannel } from '@keytrail/contracts';
import { Registry } from '@keytrail/credentials';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type FieldError, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor } from '@keytrail/postgres';
import { AlertingSettings } from './alerting.settings.js';
import { ChannelHealth } from './channel-health.service.js';
import { AlertSecrets } from './channel-secrets.service.js';
import { masked } from './masked-config.js';
import { OLD_SIGNING_SECRET, SIGNING_SECRET } from './channels/webhook.js';
import { failAllOf } from './deliveries.store.js';
import { lockFanOut, type ChannelRow } from './outbox.store.js';

const Position = idPosition('chn');
const SECRET_BYTES = 32;
const MOST_CHANNELS = 500;

/** Ways to tell people of incidents. One of the account is for callers of the whole account to change. */
@Injectable()
export class AlertChannels {
  constructor(
    private readonly database: Database, private readonly secrets: AlertSecrets, private readonly health: ChannelHealth, private readonly registry: Registry, private readonly settings: AlertingSettings,
    private readonly clock: Clock, private readonly auditTrail: AuditTrail,
  ) {}

  async list({ scope, role }: Caller, { workspace, kind, limit, cursor }: AlertChannelQuery): Promise<AlertChannelPage> {
    let select = this.database.selectFrom('alert_channels').selectAll().where(inWorkspaces(scope.narrow(workspace))).orderBy('channel_id', 'desc').limit(limit + 1);
    if (kind !== undefined) select = select.where('kind', '=', kind);
    if (cursor !== undefined) select = select.where('channel_id', '<', decodeCursor(Position, cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, limit);
    return { data: await this.presentAll(this.database, shown, role), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.channel_id) : null };
  }

  async get({ scope, role }: Caller, channelId: string): Promise<AlertChannel> {
    const [channel] = await this.presentAll(this.database, [await this.row(this.database, scope, channelId)], role);
    return channel!;
  }

  /** The row of a channel. Throws 404 for one that the caller does not reach. */
  async row(executor: Executor, scope: WorkspaceScope, channelId: string, options: { lock?: boolean } = {}): Promise<ChannelRow> {
    let select = executor.selectFrom('alert_channels').selectAll().where('channel_id', '=', channelId).where(inWorkspaces(scope.ids));
    // What refers to a channel may be added meanwhile.
    if (options.lock) select = select.forNoKeyUpdate();
    const row = await select.executeTakeFirst();
    if (row === undefined) throw notFound('alert channel');
    return row;
  }

  async create(caller: Caller, { name, workspace, config, secrets = {} }: CreateAlertChannel): Promise<CreatedAlertChannel> {
    if (workspace === undefined) caller.scope.assertAll('make alert channels of the account; name a workspace');
    else await this.registry.workspace(caller.scope, workspace);
    this.assertUsable(caller, config);
    const made = config.kind === 'webhook' && secrets[SIGNING_SECRET] === undefined ? newSigningSecret() : undefined;
    const now = this.clock.date();
    const channelId = newId('chn');
    await this.database.transaction().execute(async (transaction) => {
      const { n } = await transaction.selectFrom('alert_channels').select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      if (Number(n) >= MOST_CHANNELS) throw conflict('too_many_channels', `There are ${MOST_CHANNELS} alert channels, which is as many as there can be.`);
      await transaction.insertInto('alert_channels').values({
        channel_id: channelId, workspace_id: workspace ?? null, name, kind: config.kind, config: JSON.stringify(config), enabled: true, switched_off_because: null,
        created_at: now, created_by: caller.actor, updated_at: now, last_failure: null, failing_incident_id: null,
      }).execute();
      for (const [secretName, secret] of Object.entries(made === undefined ? secrets : { ...secrets, [SIGNING_SECRET]: made })) await this.secrets.put(transaction, channelId, secretName, String(secret));
      await this.record(transaction, caller, 'created', channelId, workspace ?? null, { after: { name, config: masked(config) } });
    });
    return { ...await this.get(caller, channelId), ...(made !== undefined && { signing_secret: made }) };
  }

  async update(caller: Caller, channelId: string, { name, enabled, config, secrets }: UpdateAlertChannel): Promise<AlertChannel> {
    await this.database.transaction().execute(async (transaction) => {
      const before = await this.row(transaction, caller.scope, channelId, { lock: true });
      this.assertMayChange(caller, before);
      if (config !== undefined) {
        if (config.kind !== before.kind) throw badRequest('kind_is_fixed', 'The kind of a channel cannot change: make another one.', [{ field: 'config.kind', message: `is ${before.kind}` }]);
        this.assertUsable(caller, config);
        if (destinationOf(config) !== destinationOf(before.config)) await this.assertSecretsGiven(transaction, channelId, secrets);
      }
      await this.changeSecrets(transaction, before, secrets);
      const after = await transaction.updateTable('alert_channels').set({
        ...(name !== undefined && { name }), ...(config !== undefined && { config: JSON.stringify(config) }), updated_at: this.clock.date(),
        // Switched on again, it has a clean record.
        ...(enabled !== undefined && { enabled, switched_off_because: enabled ? null : 'by hand', ...(enabled && { failing_since: null, last_failure: null }) }),
      }).where('channel_id', '=', channelId).returningAll().executeTakeFirstOrThrow();
      if (enabled === false) await failAllOf(transaction, channelId, 'the channel was switched off');
      await this.record(transaction, caller, 'changed', channelId, before.workspace_id, {
        before: changeable(before), after: changeable(after), ...(secrets !== undefined && { secrets_changed: Object.keys(secrets) }),
      });
    });
    return this.get(caller, channelId);
  }

  /** With its routes and its log of deliveries; what it was stays in the audit trail. */
  async remove(caller: Caller, channelId: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      // Whoever passes changes on holds deliveries and then refers to the channel: both at once would wait for each other.
      await lockFanOut(transaction);
      const before = await this.row(transaction, caller.scope, channelId, { lock: true });
      this.assertMayChange(caller, before);
      await this.health.forget(transaction, before);
      await transaction.deleteFrom('alert_channels').where('channel_id', '=', channelId).execute();
      await this.record(transaction, caller, 'deleted', channelId, before.workspace_id, { before: changeable(before) });
    });
  }

  /** For a while messages are signed with both secrets, so that the receiver can change over when it likes. */
  async rotate(caller: Caller, channelId: string, { signing_secret, overlap_s }: RotateSigningSecret): Promise<CreatedAlertChannel> {
    const made = signing_secret === undefined ? newSigningSecret() : undefined;
    await this.database.transaction().execute(async (transaction) => {
      const row = await this.row(transaction, caller.scope, channelId, { lock: true });
      this.assertMayChange(caller, row);
      if (row.kind !== 'webhook') throw conflict('not_a_webhook', 'Only webhooks have a signing secret.');
      const oldUntil = new Date(this.clock.now() + overlap_s * 1_000);
      await this.secrets.replace(transaction, channelId, { name: SIGNING_SECRET, oldName: OLD_SIGNING_SECRET, secret: signing_secret ?? made!, oldUntil });
      await this.record(transaction, caller, 'secret_rotated', channelId, row.workspace_id, { old_until: oldUntil.toISOString() });
    });
    return { ...await this.get(caller, channelId), ...(made !== undefined && { signing_secret: made }) };
  }

  assertMayChange(caller: Caller, { workspace_id }: Pick<ChannelRow, 'workspace_id'>): void {
    if (workspace_id === null) caller.scope.assertAll('change alert channels of the account');
  }

  private assertUsable(caller: Caller, { kind }: AlertChannelConfig): void {
    // The brokers are those of the whole installation, with what other workspaces read from them.
    if (kind === 'kafka') caller.scope.assertAll('send alerts to Kafka topics');
    if (kind === 'kafka' && this.settings.brokers === undefined) throw conflict('no_brokers', 'No Kafka brokers are set here: KEYTRAIL_KAFKA_BROKERS.');
  }

  /** A secret goes only where somebody who knows it sends it: otherwise a change of the address would show it to whoever is there. */
  private async assertSecretsGiven(transaction: Executor, channelId: string, given: Record<string, string> = {}): Promise<void> {
    const kept = await transaction.selectFrom('alert_channel_secrets').select('name').where('channel_id', '=', channelId).orderBy('name').execute();
    const missing = kept.filter(({ name }) => given[name] === undefined).map(({ name }) => ({ field: `secrets.${name}`, message: 'is needed again, since the channel goes elsewhere' }));
    if (missing.length > 0) throw badRequest('secrets_needed', 'The channel goes elsewhere: give its secrets again.', missing);
  }

  private async changeSecrets(transaction: Executor, { channel_id, kind }: ChannelRow, secrets: Record<string, string> | undefined): Promise<void> {
    if (secrets === undefined) return;
    const checked = alertChannelSecrets[kind].partial().safeParse(secrets);
    if (!checked.success) throw badRequest('invalid_request', 'A secret is not one of this kind of channel.', checked.error.issues.map(fieldErrorOf));
    if (kind === 'webhook') throw conflict('rotate_instead', 'A signing secret is changed with rotate-secret.');
    for (const [name, secret] of Object.entries(secrets)) await this.secrets.put(transaction, channel_id, name, secret);
  }

  /** Who may change a channel sees where it goes; others see of an address no more than tells it from another. */
  private async presentAll(executor: Executor, rows: readonly ChannelRow[], role: Role): Promise<AlertChannel[]> {
    const whole = rolePermissions[role].includes('alerts:write');
    if (rows.length === 0) return [];
    const now = this.clock.date();
    const kept = await executor.selectFrom('alert_channel_secrets').select(['channel_id', 'name', 'expires_at']).where('channel_id', 'in', rows.map(({ channel_id }) => channel_id)).orderBy('name').execute();
    return rows.map((row) => presentChannel({ ...row, config: whole ? row.config : masked(row.config) }, kept.filter(({ channel_id, expires_at }) => channel_id === row.channel_id && (expires_at === null || expires_at > now))));
  }

  private record(transaction: Executor, caller: Caller, what: string, channelId: string, workspace: string | null, detail: Record<string, unknown>): Promise<void> {
    return this.auditTrail.record(transaction, caller, { action: `alert_channel.${what}`, object_type: 'alert_channel', object_id: channelId, workspace_id: workspace, detail });
  }
}

/** Where the secrets of a channel go; of a webhook they only sign. */
function destinationOf(config: AlertChannelConfig): string {
  if (config.kind === 'alertmanager') return new URL(config.url).origin;
  if (config.kind === 'pagerduty') return config.url === undefined ? '' : new URL(config.url).origin;
  return config.kind === 'email' ? `${config.host}:${config.port} ${config.tls}` : '';
}

const newSigningSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
const changeable = ({ name, enabled, config }: ChannelRow) => ({ name, enabled, config: masked(config) });
const fieldErrorOf = ({ path, message }: { path: PropertyKey[]; message: string }): FieldError => ({ field: ['secrets', ...path].join('.'), message });
const iso = (date: Date | null) => date?.toISOString() ?? null;

const presentChannel = (row: ChannelRow, secrets: readonly { name: string; expires_at: Date | null }[]): AlertChannel => ({
  channel_id: row.channel_id, name: row.name, workspace_id: row.workspace_id, config: row.config, enabled: row.enabled,
  secrets: secrets.map(({ name, expires_at }) => ({ name, expires_at: iso(expires_at) })),
  health: {
    state: !row.enabled ? 'switched_off' : row.failing_since !== null ? 'failing' : row.last_delivered_at !== null ? 'working' : 'unknown',
    failing_since: iso(row.failing_since), last_delivered_at: iso(row.last_delivered_at), last_failure: row.last_failure, incident_id: row.failing_incident_id, switched_off_because: row.switched_off_because,
  },
  created_at: row.created_at.toISOString(), created_by: row.created_by, updated_at: row.updated_at.toISOString(),
});
