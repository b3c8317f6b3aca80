import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Database, Executor, RuleTuningTable, SuppressionTable } from '@keytrail/postgres';

export type RuleTuningRow = Selectable<RuleTuningTable>;
export type SuppressionRow = Selectable<SuppressionTable>;

/** Goes up with every change of rules and suppressions. */
export async function tuningVersion(database: Executor): Promise<number> {
  return (await database.selectFrom('tuning_changes').select('version').executeTakeFirstOrThrow()).version;
}

/** First in every transaction that changes something: one after the other, and who holds the old in memory notices. */
export async function noteTuningChange(transaction: Executor): Promise<void> {
  await transaction.updateTable('tuning_changes').set({ version: sql<number>`version + 1` }).execute();
}

export const allTunings = (database: Database): Promise<RuleTuningRow[]> => database.selectFrom('rule_tunings').selectAll().execute();

export const allSuppressions = (database: Database): Promise<SuppressionRow[]> => database.selectFrom('suppressions').selectAll().execute();

/** What is set for a workspace as a whole and for one of its keys. */
export const tuningsOf = (database: Executor, workspace: string, keyId: string | null): Promise<RuleTuningRow[]> =>
  database.selectFrom('rule_tunings').selectAll().where('workspace_id', '=', workspace).where('key_id', 'in', keyId === null ? [''] : ['', keyId]).execute();

export async function saveTuning(transaction: Executor, { settings, allow_networks, allow_user_agents, ...row }: RuleTuningRow): Promise<void> {
  const values = { ...row, settings: JSON.stringify(settings), allow_networks: JSON.stringify(allow_networks), allow_user_agents: JSON.stringify(allow_user_agents) };
  await transaction.insertInto('rule_tunings').values(values)
    .onConflict((conflict) => conflict.columns(['workspace_id', 'key_id', 'rule_id']).doUpdateSet(values)).execute();
}
