import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateOwner, Owner, UpdateOwner } from '@keytrail/contracts';
import { Clock, conflict, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';
import { lockAllOf } from './credential.store.js';
import { assertUsableForSealing } from './owner-key.js';
import { changeable, presentOwner } from './owners/owner.js';
import { takenName, touchKeysOf, type OwnerNames } from './owners/owner.store.js';
import { ACCOUNT } from './registry.service.js';

/** Owners of keys: people and teams of the account. */
@Injectable()
export class Owners {
  constructor(private readonly database: Database, private readonly clock: Clock, private readonly auditTrail: AuditTrail) {}

  async create(caller: Caller, { public_key, escalation, ...request }: CreateOwner): Promise<Owner> {
    if (public_key !== undefined) await assertUsableForSealing(public_key);
    const row = {
      owner_id: newId('own'), account_id: ACCOUNT, ...request, status: 'active' as const, created_at: this.clock.date(),
      public_key: public_key === undefined ? null : JSON.stringify(public_key), escalation: JSON.stringify(escalation ?? []),
    };
    return this.database.transaction().execute(async (transaction) => {
      const made = await transaction.insertInto('owners').values(row)
        .onConflict((conflicting) => conflicting.doNothing()).returningAll().executeTakeFirst();
      if (made === undefined) throw taken(await takenName(transaction, ACCOUNT, row));
      await this.auditTrail.record(transaction, caller, {
        action: 'owner.created', object_type: 'owner', object_id: made.owner_id, workspace_id: null, detail: { kind: made.kind, ...changeable(made) },
      });
      return presentOwner(made);
    });
  }

  /** Owners of keys in scope; of the whole account also those without keys. */
  async list(scope: WorkspaceScope): Promise<Owner[]> {
    return (await this.visible(scope).orderBy('name').execute()).map(presentOwner);
  }

  async get(scope: WorkspaceScope, ownerId: string): Promise<Owner> {
    const row = await this.visible(scope).where('owner_id', '=', ownerId).executeTakeFirst();
    if (row === undefined) throw notFound('owner');
    return presentOwner(row);
  }

  /** Changes an owner, whose keys may lie in any workspace: for callers of the whole account. */
  async update(caller: Caller, ownerId: string, patch: UpdateOwner): Promise<Owner> {
    caller.scope.assertAll('change owners');
    if (patch.public_key) await assertUsableForSealing(patch.public_key);
    return this.database.transaction().execute(async (transaction) => {
      // Not FOR UPDATE: that would wait for keys of the owner which are being made, and they for the keys that are told below.
      const before = await transaction.selectFrom('owners').selectAll().where('owner_id', '=', ownerId).forNoKeyUpdate().executeTakeFirst();
      if (before === undefined) throw notFound('owner');
      const { public_key, escalation, ...rest } = patch;
      const name = await takenName(transaction, before.account_id, rest, ownerId);
      if (name !== undefined) throw taken(name);
      const leaves = rest.status === undefined || rest.status === before.status ? {} : { left_at: rest.status === 'left' ? this.clock.date() : null };
      const after = await transaction.updateTable('owners').set({
        ...rest, ...leaves, ...(escalation && { escalation: JSON.stringify(escalation) }), ...(public_key !== undefined && { public_key: public_key === null ? null : JSON.stringify(public_key) }),
      }).where('owner_id', '=', ownerId).returningAll().executeTakeFirstOrThrow();
      await lockAllOf(transaction, { owner_id: ownerId });
      await touchKeysOf(transaction, [ownerId]);
      await this.auditTrail.record(transaction, caller, {
        action: rest.status === 'left' && before.status !== 'left' ? 'owner.left' : 'owner.changed', object_type: 'owner', object_id: ownerId,
        workspace_id: null, detail: { before: changeable(before), after: changeable(after) },
      });
      return presentOwner(after);
    });
  }

  private visible(scope: WorkspaceScope) {
    const query = this.database.selectFrom('owners').selectAll();
    return scope.isAll ? query
      : query.where('owner_id', 'in', this.database.selectFrom('credentials').select('owner_id').where(inWorkspaces(scope.ids)));
  }
}

const TAKEN: Record<keyof OwnerNames, [code: string, message: string]> = {
  name: ['owner_exists', 'There is an owner with this name.'], external_id: ['external_id_taken', 'Another owner has this external_id.'],
  handle: ['handle_taken', 'Another owner has this handle.'],
};

const taken = (name: keyof OwnerNames | undefined) => conflict(...TAKEN[name ?? 'name']);
