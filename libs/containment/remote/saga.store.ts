import { sql, type Selectable, type Updateable } from 'kysely';
import type { Executor, RemoteContainmentTable, RemoteSuccessorPlan } from '@keytrail/postgres';
import type { SagaGoal } from './saga.js';

export type SagaRecord = Selectable<RemoteContainmentTable>;

export interface NewSaga {
  containment_id: string;
  goal: SagaGoal;
  plan: RemoteSuccessorPlan | null;
  hasSecret: boolean;
  now: Date;
}

/** Written with its containment, before anything is asked of the platform. */
export async function insertSaga(transaction: Executor, { containment_id, goal, plan, hasSecret, now }: NewSaga): Promise<void> {
  const replaces = plan !== null;
  await transaction.insertInto('remote_containments').values({
    containment_id, goal, plan: plan === null ? null : JSON.stringify(plan), revoke_state: 'pending', create_state: replaces ? 'pending' : 'not_needed',
    withdraw_state: 'not_needed', secret: replaces && hasSecret ? 'pending' : 'not_needed', next_attempt_at: now, held_by: null,
  }).execute();
}

export const findSaga = (executor: Executor, id: string): Promise<SagaRecord | undefined> =>
  executor.selectFrom('remote_containments').selectAll().where('containment_id', '=', id).executeTakeFirst();

const until = (holdMs: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${holdMs / 1_000}::double precision)`;

/**
 * Takes a containment that is not at its end, for a while: nobody else works on it then. Should this process die, it is due at once when
 * that while is over. False when somebody has it.
 */
export async function holdSaga(transaction: Executor, id: string, holder: string, holdMs: number, now: Date): Promise<boolean> {
  const taken = await transaction.updateTable('remote_containments').set({ held_by: holder, held_until: until(holdMs), next_attempt_at: now })
    .where('containment_id', '=', id).where((where) => where.or([where('held_until', 'is', null), where('held_until', '<', sql<Date>`clock_timestamp()`)]))
    .returning('containment_id').executeTakeFirst();
  return taken !== undefined;
}

/** Writes down what is known, as long as the containment is still held; false when it is not any more. */
export async function changeSaga(executor: Executor, id: string, holder: string, holdMs: number, change: Updateable<RemoteContainmentTable>): Promise<boolean> {
  const changed = await executor.updateTable('remote_containments').set({ ...change, held_until: until(holdMs) })
    .where('containment_id', '=', id).where('held_by', '=', holder).returning('containment_id').executeTakeFirst();
  return changed !== undefined;
}

export async function releaseSaga(executor: Executor, id: string, holder: string): Promise<void> {
  await executor.updateTable('remote_containments').set({ held_by: null, held_until: null }).where('containment_id', '=', id).where('held_by', '=', holder).execute();
}

/** Gives a containment whose keys both live another goal: then it is under way again. */
export async function redirectSaga(transaction: Executor, id: string, goal: 'complete' | 'cancel', now: Date): Promise<void> {
  await transaction.updateTable('remote_containments').set({
    goal, attempts: 0, last_error: null, next_attempt_at: now, ...(goal === 'cancel' ? { withdraw_state: 'pending' } : { revoke_state: 'pending' }),
  }).where('containment_id', '=', id).execute();
}

/** Puts the revocation of the old key before all else. A successor that was to be made or withdrawn is left as it is. */
export async function hurrySaga(transaction: Executor, id: string, now: Date): Promise<void> {
  const goal = sql<SagaGoal>`CASE goal WHEN 'overlap' THEN 'replace' WHEN 'cancel' THEN 'complete' ELSE goal END`;
  const revoke_state = sql<SagaRecord['revoke_state']>`CASE revoke_state WHEN 'not_needed' THEN 'pending' ELSE revoke_state END`;
  await transaction.updateTable('remote_containments').set({ goal, revoke_state, next_attempt_at: now }).where('containment_id', '=', id).execute();
}

/** Ids of those that are to be gone on with now and that nobody works on. */
export async function dueSagas(executor: Executor, now: Date): Promise<string[]> {
  const rows = await executor.selectFrom('remote_containments as r').innerJoin('containments as t', 't.containment_id', 'r.containment_id').select('r.containment_id')
    .where('t.state', 'in', ['in_progress', 'stuck']).where('r.next_attempt_at', '<=', now)
    .where((where) => where.or([where('r.held_until', 'is', null), where('r.held_until', '<', sql<Date>`clock_timestamp()`)])).orderBy('r.next_attempt_at').limit(100).execute();
  return rows.map(({ containment_id }) => containment_id);
}

/** An incident that a caller of these workspaces can name. */
export async function incidentExists(transaction: Executor, id: string, workspace: string | null): Promise<boolean> {
  const query = transaction.selectFrom('incidents').select('incident_id').where('incident_id', '=', id);
  return await (workspace === null ? query : query.where('workspace_id', '=', workspace)).executeTakeFirst() !== undefined;
}
