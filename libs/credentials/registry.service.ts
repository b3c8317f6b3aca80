import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateOwner, CreateWorkspace, Owner, Workspace } from '@keytrail/contracts';
import { AppError, Clock, conflict, newId, systemActor, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';

const ACCOUNT = 'default';

/** The workspace that takes request logs which name none. */
export const DEFAULT_WORKSPACE = 'default';

/** Workspaces and owners of the account. */
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
    if (!caller.scope.isAll) {
      throw new AppError({ code: 'account_wide_only', status: 403, message: 'Only callers of the whole account may make workspaces.' });
    }
    const row = {
      workspace_id: request.workspace_id ?? newId('ws'), account_id: ACCOUNT, name: request.name, environment: request.environment,
      created_at: this.clock.date(),
    };
    return this.database.transaction().execute(async (transaction) => {
      const made = await transaction.insertInto('workspaces').values(row).onConflict((conflicting) => conflicting.column('workspace_id').doNothing())
        .returningAll().executeTakeFirst();
      if (made === undefined) throw conflict('workspace_exists', 'There is a workspace with this id.');
      await this.auditTrail.record(transaction, caller, {
        action: 'workspace.created', object_type: 'workspace', object_id: made.workspace_id, workspace_id: made.workspace_id,
        detail: { name: made.name, environment: made.environment },
      });
      return presentWorkspace(made);
    });
  }

  async listWorkspaces(scope: WorkspaceScope): Promise<Workspace[]> {
    const rows = await this.database.selectFrom('workspaces').selectAll().where(inWorkspaces(scope.ids)).orderBy('workspace_id').execute();
    return rows.map(presentWorkspace);
  }

  /** Every workspace id; small, so read whole. */
  async workspaceIds(): Promise<Set<string>> {
    const rows = await this.database.selectFrom('workspaces').select('workspace_id').execute();
    return new Set(rows.map((row) => row.workspace_id));
  }

  async createOwner(caller: Caller, request: CreateOwner): Promise<Owner> {
    const row = { owner_id: newId('own'), account_id: ACCOUNT, ...request, status: 'active' as const, created_at: this.clock.date() };
    return this.database.transaction().execute(async (transaction) => {
      const made = await transaction.insertInto('owners').values(row)
        .onConflict((conflicting) => conflicting.columns(['account_id', 'name']).doNothing()).returningAll().executeTakeFirst();
      if (made === undefined) throw conflict('owner_exists', 'There is an owner with this name.');
      await this.auditTrail.record(transaction, caller, {
        action: 'owner.created', object_type: 'owner', object_id: made.owner_id, workspace_id: null, detail: { name: made.name, kind: made.kind },
      });
      return presentOwner(made);
    });
  }

  /** Owners of keys in scope; of the whole account also those without keys. */
  async listOwners(scope: WorkspaceScope): Promise<Owner[]> {
    let query = this.database.selectFrom('owners').selectAll().orderBy('name');
    if (!scope.isAll) {
      query = query.where('owner_id', 'in', this.database.selectFrom('credentials').select('owner_id').where(inWorkspaces(scope.ids)));
    }
    const rows = await query.execute();
    return rows.map(presentOwner);
  }
}

const presentWorkspace = (row: Omit<Workspace, 'created_at'> & { created_at: Date }): Workspace => ({
  workspace_id: row.workspace_id, name: row.name, environment: row.environment, created_at: row.created_at.toISOString(),
});

const presentOwner = (row: Omit<Owner, 'created_at'> & { created_at: Date }): Owner => ({
  owner_id: row.owner_id, name: row.name, kind: row.kind, contact: row.contact, status: row.status, created_at: row.created_at.toISOString(),
});
