import { sql } from 'kysely';
import type { Executor } from '@keytrail/postgres';
import type { Standing } from './alert-plan.js';

const columns = ['channel_id', 'incident_id', 'owed', 'reminders', 'look_at'] as const;

export const standingsOf = (transaction: Executor, incidentIds: readonly string[]): Promise<Standing[]> =>
  transaction.selectFrom('alert_standings').select(columns).where('incident_id', 'in', [...incidentIds]).execute();

/** Those that are to be looked at, the longest due first. */
export const dueStandings = (executor: Executor, now: Date, limit: number): Promise<Standing[]> =>
  executor.selectFrom('alert_standings').select(columns).where('look_at', '<=', now).orderBy('look_at').limit(limit).execute();

const STANDINGS_A_STATEMENT = 1_000;

export async function saveStandings(transaction: Executor, standings: readonly Standing[]): Promise<void> {
  for (let start = 0; start < standings.length; start += STANDINGS_A_STATEMENT) {
    await transaction.insertInto('alert_standings').values(standings.slice(start, start + STANDINGS_A_STATEMENT).map((one) => ({ ...one, owed: JSON.stringify(one.owed) })))
      .onConflict((conflict) => conflict.columns(['channel_id', 'incident_id']).doUpdateSet(({ ref }) => ({ owed: ref('excluded.owed'), reminders: ref('excluded.reminders'), look_at: ref('excluded.look_at') }))).execute();
  }
}

export async function dropStandings(transaction: Executor, standings: readonly Pick<Standing, 'channel_id' | 'incident_id'>[]): Promise<void> {
  if (standings.length === 0) return;
  await transaction.deleteFrom('alert_standings')
    .where(sql<boolean>`(channel_id, incident_id) IN (SELECT * FROM unnest(${standings.map(({ channel_id }) => channel_id)}::text[], ${standings.map(({ incident_id }) => incident_id)}::text[]))`).execute();
}

/** A silence ended early: what it held back is looked at now, and waits on where another one holds. */
export const lookAtWhatIsOwed = async (transaction: Executor, now: Date): Promise<void> => {
  await transaction.updateTable('alert_standings').set({ look_at: now }).where('look_at', '>', now).where(sql<boolean>`owed <> '[]'`).execute();
};

/** A channel reminds from now on: all that it was told of and nobody has taken up is looked at. */
export const lookAgainAtAll = async (transaction: Executor, channelId: string, now: Date): Promise<void> => {
  await sql`INSERT INTO alert_standings (channel_id, incident_id, owed, reminders, look_at)
    SELECT DISTINCT d.channel_id, d.incident_id, '[]'::jsonb, 0, ${now}::timestamptz FROM alert_deliveries d JOIN incidents i ON i.incident_id = d.incident_id
    WHERE d.channel_id = ${channelId} AND d.state IN ('pending', 'delivered') AND i.state = 'open'
    ON CONFLICT (channel_id, incident_id) DO UPDATE SET look_at = excluded.look_at WHERE alert_standings.owed = '[]'`.execute(transaction);
};
