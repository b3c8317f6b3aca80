import { describe, expect, it } from '@jest/globals';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql, type Compilable } from 'kysely';
import type { Tables } from './tables.js';
import { mayWrite } from './writes.js';

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(), createDriver: () => new DummyDriver(), createIntrospector: (one) => new PostgresIntrospector(one),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const counts = (query: Compilable) => mayWrite(query.compile().query);

describe('what counts as a write that held answers may rest on', () => {
  const update = db.updateTable('credentials').set({ name: 'x' });

  it('is every change of a table, but of those that nothing is held of', () => {
    expect(counts(update)).toBe(true);
    expect(counts(db.updateTable('credentials as c').set({ name: 'x' }))).toBe(true);
    expect(counts(db.deleteFrom('access_tokens'))).toBe(true);
    expect(counts(db.insertInto('owners').defaultValues())).toBe(true);
    expect(counts(db.insertInto('request_nonces').values({ key_id: 'k', nonce: 'n', expires_at: new Date(0) }))).toBe(false);
    expect(counts(db.deleteFrom('request_nonces'))).toBe(false);
    expect(counts(db.updateTable('key_watch').set({ state: '{}' }))).toBe(false);
  });

  it('is no reading, unless it writes on the way', () => {
    expect(counts(db.selectFrom('credentials').selectAll())).toBe(false);
    expect(counts(db.selectFrom('credentials').selectAll().forUpdate())).toBe(false);
    expect(counts(db.with('read', (one) => one.selectFrom('owners').selectAll()).selectFrom('read').selectAll())).toBe(false);
    expect(counts(db.with('changed', () => update.returningAll()).selectFrom('changed').selectAll())).toBe(true);
    expect(counts(db.with('changed', () => update.returningAll()).insertInto('request_nonces').defaultValues())).toBe(true);
  });

  it('is whatever is written in plain SQL and does not begin as a reading', () => {
    expect(mayWrite(sql`SELECT 1`.compile(db).query)).toBe(false);
    for (const text of [sql`UPDATE x SET y = 1`, sql`WITH a AS (DELETE FROM b) SELECT 1`, sql`-- SELECT`, sql`TRUNCATE credentials`]) {
      expect(mayWrite(text.compile(db).query)).toBe(true);
    }
  });
});
