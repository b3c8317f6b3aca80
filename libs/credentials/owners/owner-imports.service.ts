import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditTrail, type AuditRecord } from '@keytrail/audit-trail';
import type { ImportOwners, OwnerImport, OwnerStatus } from '@keytrail/contracts';
import { Clock, badRequest, conflict, newId, type Actor } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { ACCOUNT } from '../registry.service.js';
import { changeable } from './owner.js';
import {
  activeKeys, allOwners, countActiveKeys, holdImports, insertOwners, lastRead, lockKeys, lockOwners, noteRead, reassignKeys, touchKeysOf, updateOwner,
} from './owner.store.js';
import type { NewOwner, OwnerRow } from './owner-row.js';
import { parsed, type ReadFeed } from './parse-feed.js';
import { planKeys, type Reassignment } from './plan-keys.js';
import { leaves, planOwners, usualMostLeft, type OwnerChange } from './plan-owners.js';
import { presentImport, type ImportPlan } from './present-import.js';

const ENTRIES_A_STATEMENT = 1_000;
const UNIQUE_VIOLATION = '23505';

/** A file that is read again and again: known by what it held. */
export interface WatchedFeed { source: string; sha256: string }

/** Owners, and whose keys are, as other systems tell it. All lines of an import that can be used are applied in one transaction. */
@Injectable()
export class OwnerImports {
  constructor(private readonly database: Database, private readonly clock: Clock, private readonly auditTrail: AuditTrail) {}

  /**
   * Says what an import would do, or does it. Throws 400 `empty_feed`, `invalid_feed`, `incomplete_feed`, `too_many_lines`, 409 `too_many_left` when more
   * would leave than may, and 409 `owners_changed` when somebody made an owner of the same name meanwhile. Nothing is done then.
   */
  async run(actor: Actor, order: ImportOwners): Promise<OwnerImport> {
    return (await this.apply(actor, order, undefined))!;
  }

  /** The same of a file, once for what it holds: undefined when that was read before, by whichever process. */
  async runOnce(actor: Actor, order: ImportOwners, feed: WatchedFeed): Promise<OwnerImport | undefined> {
    if (await lastRead(this.database, feed.source) === feed.sha256) return undefined;
    return this.apply(actor, order, feed);
  }

  /** Notes that what a file holds was refused, so that it is not tried again until it holds something else. */
  async noteRefusal(actor: Actor, { source, sha256 }: WatchedFeed, code: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      await noteRead(transaction, source, sha256, 'refused', this.clock.date());
      await this.auditTrail.record(transaction, actor, { action: 'owners.import_refused', object_type: 'owner_import', object_id: source, workspace_id: null, detail: { code, sha256 } });
    });
  }

  /** Says that the owner with an external id left or came back, as an import of one line does. False when nobody has it; without a status that is all it looks at. */
  async setStatus(actor: Actor, externalId: string, status: OwnerStatus | undefined, source: string): Promise<boolean> {
    const known = await this.database.selectFrom('owners').select('owner_id').where('account_id', '=', ACCOUNT).where('external_id', '=', externalId).executeTakeFirst();
    if (known === undefined || status === undefined) return known !== undefined;
    const said = { external_id: externalId, status };
    const read: ReadFeed = { kind: 'rows', read: 1, partial: true, rows: [{ line: 1, ...said }], refused: [], notes: [] };
    await this.apply(actor, { format: 'scim', content: said, dry_run: false, source, create: false, absent: 'keep' }, undefined, read);
    return true;
  }

  private async apply(actor: Actor, order: ImportOwners, feed: WatchedFeed | undefined, read = parsed(order)): Promise<OwnerImport | undefined> {
    const now = this.clock.date();
    return this.database.transaction().execute(async (transaction) => {
      await holdImports(transaction);
      if (feed !== undefined && await lastRead(transaction, feed.source) === feed.sha256) return undefined;
      const owners = await (order.dry_run ? allOwners : lockOwners)(transaction, ACCOUNT);
      const plan = await this.plan(transaction, order, read, owners, now);
      const activeKeysOf = await countActiveKeys(transaction, plan.changed.filter(leaves).map(({ before }) => before.owner_id), now);
      if (order.dry_run) return presentImport(order, plan, activeKeysOf, undefined);
      if (plan.exceeded) {
        throw conflict('too_many_left', `${plan.changed.filter(leaves).length} owners would be said to have left, and ${plan.most} may. Nothing was done. Look at the dry run; most_left says how many are meant to.`);
      }
      const ids = new Map(plan.created.map((owner) => [owner, newId('own')]));
      const importId = newId('oim');
      await this.write(transaction, actor, plan, ids, now);
      const done = presentImport(order, plan, activeKeysOf, { importId, ids });
      await this.auditTrail.record(transaction, actor, {
        action: 'owners.imported', object_type: 'owner_import', object_id: importId, workspace_id: null,
        detail: { format: done.format, source: done.source, counts: done.counts, sha256: feed?.sha256 ?? sha256Of(order.content) },
      });
      if (feed !== undefined) await noteRead(transaction, feed.source, feed.sha256, 'applied', now);
      return done;
    }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
      throw conflict('owners_changed', 'Somebody gave an owner one of these names meanwhile. Nothing was done; try again.');
    });
  }

  private async plan(executor: Executor, order: ImportOwners, read: ReadFeed, owners: readonly OwnerRow[], now: Date): Promise<ImportPlan> {
    const most = order.most_left ?? usualMostLeft(owners);
    if (read.kind === 'rules') {
      const keys = planKeys(read, owners, await activeKeys(executor, now, order.workspace), order.create);
      return { ...keys, read: read.read, changed: [], unknown: 0, most, exceeded: false };
    }
    const { source = order.format, create, absent } = order;
    if (absent === 'left' && read.partial) throw badRequest('incomplete_feed', 'Not all users are in this, so nobody can be said to be absent from it.');
    const plan = planOwners(read.rows, owners, { source, create, absent, unread: read.refused.length > 0 });
    return {
      ...plan, read: read.read, refused: [...read.refused, ...plan.refused], notes: [...read.notes, ...plan.notes], reassigned: [],
      most, exceeded: plan.changed.filter(leaves).length > most,
    };
  }

  private async write(transaction: Executor, actor: Actor, { created, changed, reassigned }: ImportPlan, ids: ReadonlyMap<NewOwner, string>, now: Date): Promise<void> {
    await insertOwners(transaction, ACCOUNT, created.map((owner) => ({ ...owner, owner_id: ids.get(owner)! })), now);
    const records: AuditRecord[] = created.map((owner) => {
      const { line: _, source: __, ...detail } = owner;
      return { action: 'owner.created', object_type: 'owner', object_id: ids.get(owner)!, workspace_id: null, detail: { ...detail, status: 'active' } };
    });
    for (const change of changed) {
      const after = await updateOwner(transaction, change.before.owner_id, change.patch, now);
      records.push({
        action: leaves(change) ? 'owner.left' : 'owner.changed', object_type: 'owner', object_id: after.owner_id, workspace_id: null,
        detail: { before: changeable(change.before), after: changeable(after) },
      });
    }
    const shown = changed.filter(isShownByKeys).map(({ before }) => before.owner_id);
    await lockKeys(transaction, shown, reassigned.map(({ key }) => key.key_id));
    await touchKeysOf(transaction, shown);
    records.push(...await this.reassign(transaction, reassigned, ids));
    for (let start = 0; start < records.length; start += ENTRIES_A_STATEMENT) await this.auditTrail.recordAll(transaction, actor, records.slice(start, start + ENTRIES_A_STATEMENT));
  }

  private async reassign(transaction: Executor, reassigned: readonly Reassignment[], ids: ReadonlyMap<NewOwner, string>): Promise<AuditRecord[]> {
    if (reassigned.length === 0) return [];
    const orders = reassigned.map(({ key, to }) => ({ key, key_id: key.key_id, from: key.owner_id, to: 'owner_id' in to ? to.owner_id : ids.get(to)! }));
    const done = await reassignKeys(transaction, orders);
    // Somebody was faster: their key is as they want it, and the order does not fit it any more.
    if (done.size < orders.length) throw conflict('owners_changed', 'A key that was to be given to somebody was changed meanwhile. Nothing was done; try again.');
    return orders.map(({ key, from, to }) => ({
      action: `${key.kind}.changed`, object_type: key.kind, object_id: key.key_id, workspace_id: key.workspace_id, detail: { before: { owner_id: from }, after: { owner_id: to } },
    }));
  }
}

const isShownByKeys = ({ patch }: OwnerChange) => patch.name !== undefined || patch.contact !== undefined || patch.status !== undefined;

const sha256Of = (content: ImportOwners['content']) => createHash('sha256').update(typeof content === 'string' ? content : JSON.stringify(content)).digest('hex');
