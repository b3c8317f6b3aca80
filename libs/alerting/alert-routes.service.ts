import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { AlertChannelKind, AlertRoute, AlertRoutePage, AlertRouteQuery, CreateAlertRoute, UpdateAlertRoute } from '@keytrail/contracts';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor } from '@keytrail/postgres';
import { AlertChannels } from './alert-channels.service.js';
import type { RouteRow } from './outbox.store.js';
import { lookAgainAtAll } from './standings.store.js';

const Position = idPosition('rte');
const MOST_OF_A_CHANNEL = 50;
/** Channels that people read. */
const GROUPING: readonly AlertChannelKind[] = ['webhook', 'slack', 'email'];

type PlacedRoute = RouteRow & { workspace_id: string | null; kind: AlertChannelKind };

/** Which incidents each channel is told of. A route belongs where its channel does. */
@Injectable()
export class AlertRoutes {
  constructor(private readonly database: Database, private readonly channels: AlertChannels, private readonly clock: Clock, private readonly auditTrail: AuditTrail) {}

  async list(scope: WorkspaceScope, { workspace, channel_id, limit, cursor }: AlertRouteQuery): Promise<AlertRoutePage> {
    let select = placed(this.database).where(inWorkspaces(scope.narrow(workspace), 'c.workspace_id')).orderBy('r.route_id', 'desc').limit(limit + 1);
    if (channel_id !== undefined) select = select.where('r.channel_id', '=', channel_id);
    if (cursor !== undefined) select = select.where('r.route_id', '<', decodeCursor(Position, cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, limit);
    return { data: shown.map(presentRoute), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.route_id) : null };
  }

  async get(scope: WorkspaceScope, routeId: string): Promise<AlertRoute> {
    return presentRoute(await this.row(this.database, scope, routeId));
  }

  async create(caller: Caller, { channel_id, ...wanted }: CreateAlertRoute): Promise<AlertRoute> {
    const routeId = newId('rte');
    await this.database.transaction().execute(async (transaction) => {
      const channel = await this.channels.row(transaction, caller.scope, channel_id, { lock: true });
      this.channels.assertMayChange(caller, channel);
      this.assertGroups(channel.kind, wanted.group_by);
      const { n } = await transaction.selectFrom('alert_routes').select(({ fn }) => fn.countAll<number>().as('n')).where('channel_id', '=', channel_id).executeTakeFirstOrThrow();
      if (Number(n) >= MOST_OF_A_CHANNEL) throw conflict('too_many_routes', `The channel has ${MOST_OF_A_CHANNEL} routes, which is as many as it can have.`);
      await transaction.insertInto('alert_routes').values({ route_id: routeId, channel_id, ...figures(wanted), ...written(wanted), created_at: this.clock.date(), created_by: caller.actor }).execute();
      await this.lookAgain(transaction, channel_id, wanted.remind_s);
      await this.record(transaction, caller, 'created', routeId, channel.workspace_id, { channel_id, after: wanted });
    });
    return this.get(caller.scope, routeId);
  }

  async update(caller: Caller, routeId: string, patch: UpdateAlertRoute): Promise<AlertRoute> {
    await this.database.transaction().execute(async (transaction) => {
      const before = await this.row(transaction, caller.scope, routeId);
      this.channels.assertMayChange(caller, before);
      this.assertGroups(before.kind, patch.group_by);
      await transaction.updateTable('alert_routes').set({ ...written(patch), ...figures(patch) }).where('route_id', '=', routeId).execute();
      await this.lookAgain(transaction, before.channel_id, patch.remind_s);
      await this.record(transaction, caller, 'changed', routeId, before.workspace_id, { channel_id: before.channel_id, before: presentRoute(before), after: patch });
    });
    return this.get(caller.scope, routeId);
  }

  async remove(caller: Caller, routeId: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const before = await this.row(transaction, caller.scope, routeId);
      this.channels.assertMayChange(caller, before);
      await transaction.deleteFrom('alert_routes').where('route_id', '=', routeId).execute();
      await this.record(transaction, caller, 'deleted', routeId, before.workspace_id, { channel_id: before.channel_id, before: presentRoute(before) });
    });
  }

  private async row(executor: Executor, scope: WorkspaceScope, routeId: string): Promise<PlacedRoute> {
    const row = await placed(executor).where('r.route_id', '=', routeId).where(inWorkspaces(scope.ids, 'c.workspace_id')).executeTakeFirst();
    if (row === undefined) throw notFound('alert route');
    return row;
  }

  /** Others keep each incident under a key of its own, and group on their side. */
  private assertGroups(kind: AlertChannelKind, groupBy: AlertRoute['group_by'] | undefined): void {
    if (groupBy == null || GROUPING.includes(kind)) return;
    throw badRequest('cannot_group', `A channel of the kind ${kind} is told of each incident by itself: it keeps them apart by their keys.`, [{ field: 'group_by', message: `is for ${GROUPING.join(', ')}` }]);
  }

  /** What was told before the route reminded is reminded of, too. */
  private async lookAgain(transaction: Executor, channelId: string, remindS: number | null | undefined): Promise<void> {
    if (remindS != null) await lookAgainAtAll(transaction, channelId, this.clock.date());
  }

  private record(transaction: Executor, caller: Caller, what: string, routeId: string, workspace: string | null, detail: Record<string, unknown>): Promise<void> {
    return this.auditTrail.record(transaction, caller, { action: `alert_route.${what}`, object_type: 'alert_route', object_id: routeId, workspace_id: workspace, detail });
  }
}

const placed = (executor: Executor) => executor.selectFrom('alert_routes as r').innerJoin('alert_channels as c', 'c.channel_id', 'r.channel_id').selectAll('r').select(['c.workspace_id', 'c.kind']);

/** The lists of a route and its quiet hours as they are written; what is absent stays. */
const written = (wanted: Partial<Pick<UpdateAlertRoute, WrittenAsJson>>) => Object.fromEntries((['workspaces', 'owner_ids', 'rule_ids', 'quiet_hours', 'group_by'] as const)
  .filter((name) => wanted[name] !== undefined).map((name) => [name, wanted[name] === null ? null : JSON.stringify(wanted[name])])) as Partial<Record<WrittenAsJson, string | null>>;

/** The rest of it; what is absent stays. */
function figures<T extends UpdateAlertRoute>({ min_severity, group_s, renotify_s, remind_s, remind_times, group_interval_s }: T): Pick<T, Figure> {
  return Object.fromEntries(Object.entries({ min_severity, group_s, renotify_s, remind_s, remind_times, group_interval_s }).filter(([, value]) => value !== undefined)) as Pick<T, Figure>;
}
type WrittenAsJson = 'workspaces' | 'owner_ids' | 'rule_ids' | 'quiet_hours' | 'group_by';
type Figure = 'min_severity' | 'group_s' | 'renotify_s' | 'remind_s' | 'remind_times' | 'group_interval_s';

const presentRoute = (row: PlacedRoute): AlertRoute => ({
  route_id: row.route_id, channel_id: row.channel_id, workspace_id: row.workspace_id, min_severity: row.min_severity, workspaces: row.workspaces, owner_ids: row.owner_ids, rule_ids: row.rule_ids,
  quiet_hours: row.quiet_hours, group_s: row.group_s, renotify_s: row.renotify_s, remind_s: row.remind_s, remind_times: row.remind_times, group_by: row.group_by, group_interval_s: row.group_interval_s,
  created_at: row.created_at.toISOString(), created_by: row.created_by,
});
