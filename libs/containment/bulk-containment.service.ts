import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { BulkContain, BulkContainment, BulkContainmentOrders, BulkPlan, ContainmentAction } from '@keytrail/contracts';
import { kindRules, lockById } from '@keytrail/credentials';
import { AppError, Clock, badRequest, conflict, newId, notFound, type Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { BlastRadiusStore } from './blast-radius.store.js';
import { findBulk, findBulkByToken, incidentOfLeak, keysOfBulk, keysOfTarget, settleKey, takePending, type TargetKey } from './bulk-containment.store.js';
import { isoOf } from './caller-evidence.js';
import type { ContainmentOrder } from './containment-order.js';
import { Containments } from './containment.service.js';
import { planToken } from './plan-token.js';
import { RemoteContainments } from './remote/remote-containment.service.js';
import { undo } from './undo.js';

const MOST_KEYS = 1_000;

type Shown = ReadonlyMap<number, Readonly<Record<string, string>>>;

/** Revokes or replaces many keys: planned first, then each in a transaction of its own, so that it can be resumed after any interruption. */
@Injectable()
export class BulkContainments {
  constructor(
    private readonly database: Database, private readonly containments: Containments, private readonly remote: RemoteContainments,
    private readonly blastRadius: BlastRadiusStore, private readonly auditTrail: AuditTrail, private readonly clock: Clock,
  ) {}

  /**
   * Without a plan token: says what would be done, and the token. With it: does that, or 409 `plan_changed` when it would be something else
   * by now. The same token again tells what came of it and does what is left.
   */
  async contain(caller: Caller, order: BulkContain): Promise<BulkPlan | BulkContainment> {
    assertSensible(order);
    if (order.plan_token === undefined) return this.plan(caller, order);
    // Whoever pressed first: both look at one order.
    const known = await findBulkByToken(this.database, order.plan_token);
    const isTheirs = known !== undefined && caller.scope.contains(known.caller_scope);
    return this.resume(caller, isTheirs ? known.bulk_id : await this.start(caller, order, order.plan_token));
  }

  /** Does what is left of a bulk order. A secret is shown to the call that made it. */
  async resume(caller: Caller, bulkId: string, limit = MOST_KEYS): Promise<BulkContainment> {
    const bulk = await this.require(caller, bulkId);
    const shown = new Map<number, Readonly<Record<string, string>>>();
    const pending = (await keysOfBulk(this.database, bulkId)).filter(({ state }) => state === 'pending');
    for (const { position } of pending.slice(0, limit)) {
      const secrets = await this.containOne(caller, bulkId, position, bulk.action, bulk.orders);
      if (secrets !== undefined) shown.set(position, secrets);
    }
    await this.finish(caller, bulkId);
    return this.tell(caller, bulkId, shown);
  }

  async get(caller: Caller, bulkId: string): Promise<BulkContainment> {
    await this.require(caller, bulkId);
    return this.tell(caller, bulkId, new Map());
  }

  private async plan(caller: Caller, order: BulkContain): Promise<BulkPlan> {
    const found = await this.targetOf(caller, order);
    const keys = found.filter(({ revoked_at }) => revoked_at === null);
    const names = new Set(found.flatMap(({ key_id, fingerprint }) => [key_id, fingerprint]));
    const use = await this.blastRadius.use(keys.map(({ key_id }) => key_id), caller.scope.ids, this.clock.now())
      .then((rows) => new Map(rows.map((row) => [row.key_id, row])), () => undefined);
    return {
      dry_run: true, plan_token: planToken(order, found), action: order.action,
      keys: keys.map((key) => ({
        key_id: key.key_id, kind: key.kind, name: key.name, workspace_id: key.workspace_id, owner_id: key.owner_id,
        requests_7d: use === undefined ? null : use.get(key.key_id)?.requests_7d ?? 0,
        last_seen: use?.has(key.key_id) ? isoOf(Number(use.get(key.key_id)!.last_seen)) : null, refused: refusalOf(order, key),
      })),
      not_found: 'keys' in order.target ? order.target.keys.filter((name) => !names.has(name)) : [],
      already_revoked: found.filter(({ revoked_at }) => revoked_at !== null).map(({ key_id }) => key_id), undo,
    };
  }

  private async start(caller: Caller, order: BulkContain, token: string): Promise<string> {
    const { plan_token, action, target, ...orders } = order;
    const bulkId = newId('bulk');
    return this.database.transaction().execute(async (transaction) => {
      const found = await keysOfTarget(transaction, target, caller.scope.ids);
      if (planToken(order, found) !== token) {
        throw conflict('plan_changed', 'The order or one of its keys is no longer what the plan showed. Nothing was done; look at a new dry run.');
      }
      const keys = found.filter(({ revoked_at }) => revoked_at === null);
      if (keys.length === 0) throw conflict('nothing_to_do', 'No key that is not revoked yet is meant by this order.');
      const started_at = this.clock.date();
      const made = await transaction.insertInto('bulk_containments').values({
        bulk_id: bulkId, plan_token: token, caller_scope: caller.scope.ids === null ? null : JSON.stringify(caller.scope.ids), action,
        orders: JSON.stringify({ ...orders, ...('leak_id' in target && { leak_id: target.leak_id }) }),
        started_at, started_by: caller.actor,
      }).onConflict((conflicting) => conflicting.column('plan_token').doNothing()).returning('bulk_id').executeTakeFirst();
      // Somebody pressed the same button: their order is this one.
      if (made === undefined) return (await transaction.selectFrom('bulk_containments').select('bulk_id').where('plan_token', '=', token).executeTakeFirstOrThrow()).bulk_id;
      await transaction.insertInto('bulk_containment_keys').values(keys.map(({ key_id }, position) => ({
        bulk_id: bulkId, position, key_id, state: 'pending' as const, containment_id: null, code: null, message: null,
      }))).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'bulk_containment.started', object_type: 'bulk_containment', object_id: bulkId, workspace_id: soleWorkspace(keys), reason: order.reason,
        detail: { action, target, keys: keys.length },
      });
      return bulkId;
    });
  }

  /** One key with its outcome in one transaction. What the key refuses is an outcome too; what fails otherwise leaves it pending. */
  private async containOne(caller: Caller, bulkId: string, position: number, action: ContainmentAction, orders: BulkContainmentOrders) {
    const now = this.clock.date();
    try {
      const outcome = await this.database.transaction().execute(async (transaction) => {
        const pending = await takePending(transaction, bulkId, position);
        if (pending === undefined) return undefined;
        if (pending.containment_id !== null) return { at_platform: pending.containment_id };
        const key = await lockById(transaction, pending.key_id, caller.scope.ids);
        if (key === undefined) throw notFound('key');
        const incident_id = orders.incident_id ?? (orders.leak_id === undefined ? undefined : await incidentOfLeak(transaction, orders.leak_id, key.key_id));
        const done = await this.containments.contain(transaction, caller, key, orderOf(action, { ...orders, incident_id }, bulkId), now);
        await settleKey(transaction, bulkId, position, { state: done.at_platform ? 'pending' : 'done', containment_id: done.containment_id, code: null, message: null }, now);
        return done.at_platform ? { at_platform: done.containment_id } : { shown: done.shown };
      });
      if (outcome === undefined || 'shown' in outcome) return outcome?.shown;
      return await this.containAtPlatform(caller, bulkId, position, outcome.at_platform);
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      await settleKey(this.database, bulkId, position, { state: 'refused', containment_id: null, code: error.code, message: error.message }, now);
      return undefined;
    }
  }

  /** A key of the key platform stays pending until all is done there. */
  private async containAtPlatform(caller: Caller, bulkId: string, position: number, containment_id: string) {
    const run = await this.remote.run(caller, containment_id, true).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'containment_under_way') return { shown: {}, settled: false };
      throw error;
    });
    const problem = run.settled ? undefined : await this.remote.incomplete(containment_id);
    await settleKey(this.database, bulkId, position, {
      state: run.settled ? 'done' : 'pending', containment_id, code: problem?.code ?? null, message: problem?.message ?? null,
    }, this.clock.date());
    return run.shown;
  }

  private async finish(caller: Caller, bulkId: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const open = await transaction.selectFrom('bulk_containment_keys').select('position').where('bulk_id', '=', bulkId).where('state', '=', 'pending').limit(1).executeTakeFirst();
      if (open !== undefined) return;
      const finished = await transaction.updateTable('bulk_containments').set({ finished_at: this.clock.date() }).where('bulk_id', '=', bulkId)
        .where('finished_at', 'is', null).returning('bulk_id').executeTakeFirst();
      if (finished === undefined) return;
      const keys = await keysOfBulk(transaction, bulkId);
      await this.auditTrail.record(transaction, caller, {
        action: 'bulk_containment.finished', object_type: 'bulk_containment', object_id: bulkId, workspace_id: soleWorkspace(keys),
        detail: { done: keys.filter(({ state }) => state === 'done').length, refused: keys.filter(({ state }) => state === 'refused').length },
      });
    });
  }

  /** For callers who reach all that whoever ordered it could reach. */
  private async require(caller: Caller, bulkId: string) {
    const bulk = await findBulk(this.database, bulkId);
    if (bulk === undefined || !caller.scope.contains(bulk.caller_scope)) throw notFound('bulk containment');
    return bulk;
  }

  private async tell(caller: Caller, bulkId: string, shown: Shown): Promise<BulkContainment> {
    const bulk = await this.require(caller, bulkId);
    const keys = await keysOfBulk(this.database, bulkId);
    const count = (state: string) => keys.filter((key) => key.state === state).length;
    return {
      dry_run: false, bulk_id: bulkId, action: bulk.action, started_at: bulk.started_at.toISOString(), started_by: bulk.started_by,
      finished_at: bulk.finished_at?.toISOString() ?? null, done: count('done'), refused: count('refused'), pending: count('pending'),
      keys: keys.map(({ key_id, state, containment_id, successor_id, code, message, sealed, position }) => {
        const secrets = shown.get(position);
        return { key_id, state, containment_id, successor_id, code, message, sealed, shown: secrets === undefined || Object.keys(secrets).length === 0 ? null : secrets };
      }),
    };
  }

  private async targetOf(caller: Caller, { target }: BulkContain): Promise<TargetKey[]> {
    const found = await keysOfTarget(this.database, target, caller.scope.ids);
    if (found.length > MOST_KEYS) throw badRequest('too_many_keys', `One order takes ${MOST_KEYS} keys at most. Name them, or go by workspace.`);
    return found;
  }
}

const orderOf = (action: ContainmentAction, orders: BulkContainmentOrders, bulk_id: string): ContainmentOrder => {
  const { reason, incident_id, hand_over, grace, overlap, on_overlap_end, complete_when_safe } = orders;
  const seconds = action === 'rotate' ? overlap ?? 0 : action === 'revoke' ? 0 : grace;
  return {
    action, reason, incident_id, hand_over, bulk_id,
    ...(seconds > 0 && { overlap: { seconds, on_overlap_end: action === 'rotate' ? on_overlap_end : 'revoke', complete_when_safe: action === 'rotate' && complete_when_safe } }),
  };
};

/** Members that would be heard by nobody are mistakes. */
function assertSensible({ action, grace, overlap }: BulkContain): void {
  if (grace > 0 && action !== 'revoke_and_replace') throw badRequest('grace_without_replacement', 'grace goes with revoke_and_replace only.');
  if (overlap !== undefined && action !== 'rotate') throw badRequest('overlap_without_rotation', 'overlap goes with rotate only.');
}

/** The same refusals as when it is done; there they are decided under the lock of the key. */
function refusalOf(order: BulkContain, key: TargetKey): string | null {
  if (order.action === 'revoke') return null;
  const sealed = order.hand_over === 'sealed';
  if (key.owner_status === 'left' && (order.action === 'rotate' || sealed)) return 'owner_left';
  if (sealed && kindRules[key.kind].once.length === 0) return 'nothing_to_seal';
  return sealed && !key.owner_can_unseal ? 'owner_without_public_key' : null;
}

/** Entries of several workspaces are the account's. */
const soleWorkspace = (keys: readonly { workspace_id: string | null }[]): string | null =>
  (new Set(keys.map(({ workspace_id }) => workspace_id)).size === 1 ? keys[0]!.workspace_id : null);
