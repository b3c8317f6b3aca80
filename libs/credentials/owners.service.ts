import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateOwner, Owner, UpdateOwner } from '@keytrail/contracts';
import { Clock, conflict, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type OwnerTable } from '@keytrail/postgres';
import type { Selectable } from 'kysely';
import { lockAllOf } from './credential.store.js';
import { assertUsableForSealing } from './owner-key.js';
import { ACCOUNT } from './registry.service.js';

/** Owners of keys: people and teams of the account. */
@Injectable()
export class Owners {
  constructor(private readonly database: Database, private readonly clock: Clock, private readonly auditTrail: AuditTrail) {}

  async create(caller: Caller, { public_key, ...request }: CreateOwner): Promise<Owner> {
    if (public_key !== undefined) await assertUsableForSealing(public_key);
    const row = {
      owner_id: newId('own'), account_id: ACCOUNT, ...request, status: 'active' as const, created_at: this.clock.date(),
      public_key: public_key === undefined ? null : JSON.stringify(public_key),
    };
    return this.database.transaction().execute(async (transaction) => {
      const made = await transaction.insertInto('owners').values(row)
        .onConflict((conflicting) => conflicting.columns(['account_id', 'name']).doNothing()).returningAll().executeTakeFirst();
      if (made === undefined) throw ownerExists();
      await this.auditTrail.record(transaction, caller, {
        action: 'owner.created', object_type: 'owner', object_id: made.owner_id, workspace_id: null, detail: { kind: made.kind, ...changeable(made) },
      });
      return present(made);
    });
  }

  /** Owners of keys in scope; of the whole account also those without keys. */
  async list(scope: WorkspaceScope): Promise<Owner[]> {
    return (await this.visible(scope).orderBy('name').execute()).map(present);
  }

  async get(scope: WorkspaceScope, ownerId: string): Promise<Owner> {
    const row = await this.visible(scope).where('owner_id', '=', ownerId).executeTakeFirst();
    if (row === undefined) throw notFound('owner');
    return present(row);
  }

  /** Changes an owner, whose keys may lie in any workspace: for callers of the whole account. */
  async update(caller: Caller, ownerId: string, patch: UpdateOwner): Promise<Owner> {
    caller.scope.assertAll('change owners');
    if (patch.public_key) await assertUsableForSealing(patch.public_key);
    return this.database.transaction().execute(async (transaction) => {
      // Not FOR UPDATE: that would wait for keys of the owner which are being made, and they for the keys that are told below.
      const before = await transaction.selectFrom('owners').selectAll().where('owner_id', '=', ownerId).forNoKeyUpdate().executeTakeFirst();
      if (before === undefined) throw notFound('owner');
      const { public_key, ...rest } = patch;
      if (rest.name !== undefined && rest.name !== before.name) {
        const taken = await transaction.selectFrom('owners').select('owner_id').where('account_id', '=', before.account_id).where('name', '=', rest.name).executeTakeFirst();
        if (taken !== undefined) throw ownerExists();
      }
      const leaves = rest.status === undefined || rest.status === before.status ? {} : { left_at: rest.status === 'left' ? this.clock.date() : null };
      const after = await transaction.updateTable('owners').set({
        ...rest, ...leaves, ...(public_key !== undefined && { public_key: public_key === null ? null : JSON.stringify(public_key) }),
      }).where('owner_id', '=', ownerId).returningAll().executeTakeFirstOrThrow();
      // The version of a key is what tells others of a change, and they show its owner.
      await lockAllOf(transaction, { owner_id: ownerId });
      await transaction.updateTable('credentials').set({ owner_id: ownerId }).where('owner_id', '=', ownerId).execute();
      await this.auditTrail.record(transaction, caller, {
        action: rest.status === 'left' && before.status !== 'left' ? 'owner.left' : 'owner.changed', object_type: 'owner', object_id: ownerId,
        workspace_id: null, detail: { before: changeable(before), after: changeable(after) },
      });
      return present(after);
    });
  }

  private visible(scope: WorkspaceScope) {
    const query = this.database.selectFrom('owners').selectAll();
    return scope.isAll ? query
      : query.where('owner_id', 'in', this.database.selectFrom('credentials').select('owner_id').where(inWorkspaces(scope.ids)));
  }
}

const ownerExists = () => conflict('owner_exists', 'There is an owner with this name.');

const changeable = ({ name, contact, status, public_key }: Selectable<OwnerTable>) => ({ name, contact, status, public_key });

const present = (row: Selectable<OwnerTable>): Owner => ({
  owner_id: row.owner_id, name: row.name, kind: row.kind, contact: row.contact, status: row.status, public_key: row.public_key,
  created_at: row.created_at.toISOString(), left_at: row.left_at?.toISOString() ?? null,
});
