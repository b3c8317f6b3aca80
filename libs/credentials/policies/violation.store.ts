import { sql, type Selectable } from 'kysely';
import type { Environment, IssuedKind, OwnerStatus, PolicyId, PolicySeverity, ViolationEnd, ViolationState } from '@keytrail/contracts';
import { inWorkspaces, type Executor, type PolicyViolationTable } from '@keytrail/postgres';
import type { KeyRange } from './policy-facts.store.js';
import type { Changes, OpenViolation } from './reconcile.js';

const OPEN_COLUMNS = ['violation_id', 'policy', 'severity', 'key_id', 'kind', 'workspace_id', 'owner_id', 'summary', 'since', 'due_at'] as const;

/** Any number that nothing else locks by. */
const CHECK_LOCK = 727_410_010;

/**
 * Keeps other processes from writing violations until the transaction ends. What is read after it is what they left: two that check the
 * same keys at once neither open nor end anything twice.
 */
export const holdViolations = async (transaction: Executor): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${CHECK_LOCK})`.execute(transaction);
};

/** Open violations of the keys of a range, of keys that ended since among them. */
export function openOfRange(executor: Executor, { after, upTo }: KeyRange): Promise<OpenViolation[]> {
  const query = executor.selectFrom('policy_violations').select(OPEN_COLUMNS).where('ended_at', 'is', null).where('kind', 'is not', null).where('key_id', '>', after);
  return (upTo === null ? query : query.where('key_id', '<=', upTo)).execute();
}

/** Open violations of keys that the registry does not hold. */
export const openOfUnregistered = (executor: Executor, workspaceId: string): Promise<OpenViolation[]> =>
  executor.selectFrom('policy_violations').select(OPEN_COLUMNS).where('ended_at', 'is', null).where('kind', 'is', null).where('workspace_id', '=', workspaceId).execute();

/** Stores what {@link holdViolations} and `reconcile` led to. `ids`: of the violations that open. */
export async function saveChanges(transaction: Executor, { open, change, end }: Changes, ids: readonly string[], now: Date): Promise<void> {
  if (open.length > 0) {
    await transaction.insertInto('policy_violations').values(open.map(({ since, ...violation }, index) => ({
      ...violation, violation_id: ids[index]!, since: since ?? now, opened_at: now,
    }))).execute();
  }
  for (const { after: { violation_id, severity, owner_id, summary, since, due_at } } of change) {
    await transaction.updateTable('policy_violations').set({ severity, owner_id, summary, since, due_at }).where('violation_id', '=', violation_id).execute();
  }
  for (const end_reason of ['put_right', 'key_ended'] satisfies ViolationEnd[]) {
    const ended = end.filter((one) => one.end_reason === end_reason).map(({ violation }) => violation.violation_id);
    if (ended.length > 0) await transaction.updateTable('policy_violations').set({ ended_at: now, end_reason }).where('violation_id', 'in', ended).execute();
  }
}

/** Takes the turn to check all keys; false when another process took it less than `everyMs` ago. A clock that was set back keeps nobody away. */
export async function claimCheck(executor: Executor, now: Date, everyMs: number): Promise<boolean> {
  const claimed = await executor.updateTable('policy_checks').set({ claimed_at: now })
    .where((where) => where.or([where('claimed_at', 'is', null), where('claimed_at', '<=', new Date(now.getTime() - everyMs)), where('claimed_at', '>', now)]))
    .returning('claimed_at').executeTakeFirst();
  return claimed !== undefined;
}

/** Gives the turn back, so that a check that failed is tried again soon. */
export const releaseCheck = async (executor: Executor): Promise<void> => {
  await executor.updateTable('policy_checks').set({ claimed_at: null }).execute();
};

export const noteCheck = async (executor: Executor, began: Date): Promise<void> => {
  await executor.updateTable('policy_checks').set({ completed_at: began }).execute();
};

export const lastCheck = async (executor: Executor): Promise<Date | null> =>
  (await executor.selectFrom('policy_checks').select('completed_at').executeTakeFirst())?.completed_at ?? null;

export interface ViolationFilter {
  workspaces: readonly string[] | null;
  policy?: PolicyId | undefined; severity?: PolicySeverity | undefined; kind?: IssuedKind | undefined;
  owner_id?: string | undefined; key_id?: string | undefined; state?: ViolationState | undefined;
  before?: string | undefined;
  limit: number;
}

/** A violation with what is told of its key and its owner. */
export interface ViolationRecord extends Selectable<PolicyViolationTable> {
  name: string | null; service: string | null; environment: Environment | null; has_successor: boolean;
  owner_name: string | null; owner_contact: string | null; owner_status: OwnerStatus | null;
}

/** Newest first. */
export async function listViolations(executor: Executor, filter: ViolationFilter): Promise<ViolationRecord[]> {
  let query = executor.selectFrom('policy_violations as v').leftJoin('credentials as c', (join) => join.onRef('c.key_id', '=', 'v.key_id').on('v.kind', 'is not', null))
    .leftJoin('owners as o', 'o.owner_id', 'v.owner_id').leftJoin('workspaces as w', 'w.workspace_id', 'c.workspace_id')
    .selectAll('v').select(['c.name', 'c.service', 'o.name as owner_name', 'o.contact as owner_contact', 'o.status as owner_status'])
    .select(sql<Environment | null>`coalesce(w.environment, c.environment)`.as('environment'))
    .select(sql<boolean>`EXISTS (SELECT FROM credentials AS s WHERE s.replaces = c.key_id AND s.revoked_at IS NULL)`.as('has_successor'))
    .where(inWorkspaces(filter.workspaces, 'v.workspace_id')).orderBy('v.violation_id', 'desc').limit(filter.limit);
  if (filter.policy !== undefined) query = query.where('v.policy', '=', filter.policy);
  if (filter.severity !== undefined) query = query.where('v.severity', '=', filter.severity);
  if (filter.kind !== undefined) query = query.where('v.kind', '=', filter.kind);
  if (filter.owner_id !== undefined) query = query.where('v.owner_id', '=', filter.owner_id);
  if (filter.key_id !== undefined) query = query.where('v.key_id', '=', filter.key_id);
  if (filter.state !== undefined) query = query.where('v.ended_at', filter.state === 'open' ? 'is' : 'is not', null);
  if (filter.before !== undefined) query = query.where('v.violation_id', '<', filter.before);
  return query.execute();
}

export interface OpenCount { policy: PolicyId; severity: PolicySeverity; violations: number }

export const countOpen = (executor: Executor, workspaces: readonly string[] | null): Promise<OpenCount[]> =>
  executor.selectFrom('policy_violations').select(({ fn }) => ['policy', 'severity', fn.countAll<number>().as('violations')] as const)
    .where('ended_at', 'is', null).where(inWorkspaces(workspaces)).groupBy(['policy', 'severity']).execute();
