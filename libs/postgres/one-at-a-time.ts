import { sql } from 'kysely';
import type { Database } from './database.js';

/** What only one process of an installation may do at a time, each with a number of its own. */
const LOCKS = { 'clickhouse schema': 7_031_005 } as const;

/** Does some work while no other process does what goes by the same name. Others wait; a process that dies lets go. */
export const oneAtATime = (database: Database, what: keyof typeof LOCKS, work: () => Promise<void>): Promise<void> =>
  database.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCKS[what]})`.execute(transaction);
    await work();
  });
