import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateWorkspace, UpdateWorkspace, Workspace } from '@keytrail/contracts';
import { Clock, conflict, newId, notFound, systemActor, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type WorkspaceTable } from '@keytrail/postgres';
import type { Selectable } from 'kysely';
import { followPolicy } from './credential.store.js';
import { changePolicy, policyOf } from './rotation.js';

export const ACCOUNT = 'default';

/** The workspace that takes request logs which name none. */
export const DEFAULT_WORKSPACE = 'default';

/** The account and its workspaces. */
@Injectable()
export class Registry {
  constructor(private readonly database: Database, private readonly clock: Clock, private readonly auditTrail: AuditTrail) {}

  /** Makes the account and its default workspace where they are missing. */
  async ensureAccount(): Promise<void> {
    const now = this.clock.date();
    await this.database.transaction().execute(async (transaction) => {
      await transaction.insertInto('accounts').values({ account_id: ACCOUNT, name: 'Default account', created_at: now })
        .onConflict((conflicting) => conflicting.doNothing()).execute();
      const made = await transaction.insertInto('workspaces').values({
        workspace_id: DEFAULT_WORKSPACE, account_id: ACCOUNT, name: 'Default workspace', environment: 'production', created_at: now,
      }).onConflict((conflicting) => conflicting.doNothing()).returning('workspace_id').executeTakeFirst();
      if (made === undefined) return;
      await this.auditTrail.record(transaction, systemActor, {
        action: 'workspace.created', object_type: 'workspace', object_id: DEFAULT_WORKSPACE, workspace_id: DEFAULT_WORKSPACE,
      });
    });
  }

  async createWorkspace(caller: Caller, request: CreateWorkspace): Promise<Workspace> {
    caller.scope.assertAll('make workspaces');
    const policy = changePolicy({}, request.rotation_policy ?? {});
    const row = {
      workspace_id: request.workspace_id ?? newId('ws'), account_id: ACCOUNT, name: request.name, environment: request.environment,
      enhanced_security: request.enhanced_security ?? false, rotation_policy: JSON.stringify(policy), created_at: this.clock.date(),
    };
    return this.database.transaction().execute(async (transaction) => {
      const made = await transaction.insertInto('workspaces').values(row).onConflict((conflicting) => conflicting.column('workspace_id').doNothing())
        .returningAll().executeTakeFirst();
      if (made === undefined) throw conflict('workspace_exists', 'There is a workspace with this id.');
      await this.auditTrail.record(transaction, caller, {
        action: 'workspace.created', object_type: 'workspace', object_id: made.workspace_id, workspace_id: made.workspace_id, detail: settingsOf(made),
      });
      return presentWorkspace(made);
    });
  }

  async workspace(scope: WorkspaceScope, workspaceId: string): Promise<Workspace> {
    const row = await this.database.selectFrom('workspaces').selectAll().where('workspace_id', '=', workspaceId).where(inWorkspaces(scope.ids)).executeTakeFirst();
    if (row === undefined) throw notFound('workspace');
    return presentWorkspace(row);
  }

  /** Changes a workspace. Keys of the kinds whose rotation policy changes follow it at once. */
  async updateWorkspace(caller: Caller, workspaceId: string, patch: UpdateWorkspace): Promise<Workspace> {
    caller.scope.assertAllows(workspaceId);
    return this.database.transaction().execute(async (transaction) => {
      // Not FOR UPDATE: that would wait for keys which are being made, and they for the keys that follow the policy.
      const before = await transaction.selectFrom('workspaces').selectAll().where('workspace_id', '=', workspaceId).forNoKeyUpdate().executeTakeFirst();
      if (before === undefined) throw notFound('workspace');
      const { rotation_policy: change, ...rest } = patch;
      const policy = changePolicy(before.rotation_policy, change ?? {});
      const after = await transaction.updateTable('workspaces').set({ ...rest, rotation_policy: JSON.stringify(policy) })
        .where('workspace_id', '=', workspaceId).returningAll().executeTakeFirstOrThrow();
      if (change !== undefined) await followPolicy(transaction, workspaceId, policyOf(policy));
      await this.auditTrail.record(transaction, caller, {
        action: 'workspace.changed', object_type: 'workspace', object_id: workspaceId, workspace_id: workspaceId,
        detail: { before: settingsOf(before), after: settingsOf(after) },
      });
      return presentWorkspace(after);
    });
  }

  async listWorkspaces(scope: WorkspaceScope): Promise<Workspace[]> {
    const rows = await this.database.selectFrom('workspaces').selectAll().where(inWorkspaces(scope.ids)).orderBy('workspace_id').execute();
    return rows.map(presentWorkspace);
  }

  /** Every workspace id, or those that were there at a time; small, so read whole. */
  async workspaceIds(asOf?: Date): Promise<Set<string>> {
    const rows = await this.database.selectFrom('workspaces').select('workspace_id').$if(asOf !== undefined, (query) => query.where('created_at', '<=', asOf as Date)).execute();
    return new Set(rows.map((row) => row.workspace_id));
  }
}

/** What may be changed of a workspace. */
const settingsOf = ({ name, environment, enhanced_security, rotation_policy }: Selectable<WorkspaceTable>) => ({ name, environment, enhanced_security, rotation_policy });

const presentWorkspace = (row: Selectable<WorkspaceTable>): Workspace => ({
  workspace_id: row.workspace_id, name: row.name, environment: row.environment, enhanced_security: row.enhanced_security,
  rotation_policy: policyOf(row.rotation_policy), created_at: row.created_at.toISOString(),
});
