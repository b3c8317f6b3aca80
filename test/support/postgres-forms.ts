import { afterAll, describe } from '@jest/globals';
import { createPostgresDatabase, describeWithPostgres, type PostgresDatabase } from './postgres.js';

/** A suite on the embedded Postgres and on a server. `env` gives the settings that say which: a new, empty database each time. */
export function describeOnBoth(name: string, suite: (env: () => Promise<Record<string, string>>) => void): void {
  describe(`${name}, on the embedded Postgres`, () => suite(async () => ({})));
  describeWithPostgres(`${name}, on a Postgres server`, () => {
    const databases: PostgresDatabase[] = [];
    afterAll(async () => {
      await Promise.all(databases.map((database) => database.drop()));
    });
    suite(async () => {
      const database = await createPostgresDatabase();
      databases.push(database);
      return { KEYTRAIL_POSTGRES_URL: database.url };
    });
  });
}
