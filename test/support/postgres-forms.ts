import { afterAll, describe } from '@jest/globals';
import { createPostgresDatabase, describeWithPostgres, type PostgresDatabase } from './postgres.js';

/** The settings that say which Postgres: a new, empty database each time. */
type Suite = (env: () => Promise<Record<string, string>>) => void;

/** A suite on the embedded Postgres and on a server. */
export function describeOnBoth(name: string, suite: Suite): void {
  describe(`${name}, on the embedded Postgres`, () => suite(async () => ({})));
  describeOnPostgresServer(`${name}, on a Postgres server`, suite);
}

/** A suite on a Postgres server. */
export function describeOnPostgresServer(name: string, suite: Suite): void {
  describeWithPostgres(name, () => {
    const databases: PostgresDatabase[] = [];
    suite(async () => {
      const database = await createPostgresDatabase();
      databases.push(database);
      return { KEYTRAIL_POSTGRES_URL: database.url };
    });
    // After the suite's own, which stop what uses the databases.
    afterAll(async () => {
      await Promise.all(databases.map((database) => database.drop()));
    });
  });
}
