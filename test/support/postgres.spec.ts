import { expect, it } from '@jest/globals';
import pg from 'pg';
import { createPostgresDatabase, describeWithPostgres } from './postgres.js';

async function query(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

describeWithPostgres('a test database', () => {
  it('is a real Postgres that keeps rows and refuses what a constraint forbids', async () => {
    const database = await createPostgresDatabase();
    await query(database.url, 'create table owners (email text primary key)');
    await query(database.url, 'insert into owners values ($1)', ['ops@example.com']);
    await expect(query(database.url, 'select email from owners')).resolves.toEqual([{ email: 'ops@example.com' }]);
    await expect(query(database.url, 'insert into owners values ($1)', ['ops@example.com'])).rejects.toThrow(/duplicate key/);
    await database.drop();
  });

  it('starts empty, shares nothing with another, and is gone after drop, even with a connection open', async () => {
    const [one, other] = await Promise.all([createPostgresDatabase(), createPostgresDatabase()]);
    await query(one.url, 'create table only_in_one (id int)');
    await expect(query(other.url, 'select * from only_in_one')).rejects.toThrow(/does not exist/);

    const lingering = new pg.Client({ connectionString: one.url });
    lingering.on('error', () => undefined);
    await lingering.connect();
    await one.drop();
    await other.drop();
    await expect(query(one.url, 'select 1')).rejects.toThrow(/does not exist/);
    await lingering.end().catch(() => undefined);
  });
});
