import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import { Secrets, newBearerKey } from '@keytrail/platform';
import { createTempDir, type TempDir } from '../../../test/support/temp-dir.js';
import { Database } from '../database.js';
import { poolOn } from '../embedded-connection.js';
import { openEmbeddedPostgres } from '../embedded-postgres.js';
import { registry } from './0001-registry.js';
import { watch } from './0002-watch.js';
import { kafkaLedger } from './0003-kafka-ledger.js';
import { deadLetterReplay } from './0004-dead-letter-replay.js';

const secrets = new Secrets(Buffer.alloc(32, 9));
const made = new Date('2026-01-10T00:00:00Z');

describe('an installation that knew API keys only', () => {
  let directory: TempDir;
  beforeEach(async () => {
    directory = await createTempDir();
  });
  afterEach(() => directory.remove());

  /** With a workspace, an owner and two keys of which one replaced the other, as they were kept then. */
  async function makeOldInstallation(secret: string): Promise<void> {
    const embedded = await openEmbeddedPostgres(directory.path);
    const old = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: poolOn(embedded) }) });
    const migrations = { '0001-registry': registry, '0002-watch': watch, '0003-kafka-ledger': kafkaLedger, '0004-dead-letter-replay': deadLetterReplay };
    const { error } = await new Migrator({ db: old, provider: { getMigrations: async () => migrations } }).migrateToLatest();
    if (error !== undefined) throw error;
    await sql`INSERT INTO accounts VALUES ('default', 'a', ${made})`.execute(old);
    await sql`INSERT INTO workspaces VALUES ('acme', 'default', 'Acme', 'production', ${made})`.execute(old);
    await sql`INSERT INTO owners VALUES ('own', 'default', 'Payments', 'team', '#pay', 'active', ${made})`.execute(old);
    for (const [id, replaces, digest] of [['key_1', null, 'x'], ['key_2', 'key_1', secrets.digest('api-key-digest', secret)]]) {
      await sql`INSERT INTO credentials (key_id, kind, workspace_id, name, service, owner_id, scopes, digest, fingerprint, hint, created_at, created_by, replaces)
        VALUES (${id}, 'api_key', 'acme', 'pay', 'pay', 'own', '["orders:read"]', ${digest}, ${`fp_${id}`}, 'abcd', ${made}, 'token:t', ${replaces})`.execute(old);
    }
    await old.destroy();
    await embedded.close();
  }

  it('keeps its keys good, gives them a rotation date, and takes keys of the other kinds', async () => {
    const secret = newBearerKey('api');
    await makeOldInstallation(secret);
    const database = await Database.open({ directory: directory.path });
    try {
      const key = await database.selectFrom('credentials as c').innerJoin('bearer_digests as b', 'b.key_id', 'c.key_id').selectAll('c')
        .select(['b.digest', 'b.pepper_version']).where('c.key_id', '=', 'key_2').executeTakeFirstOrThrow();
      expect(secrets.matches(key, secret)).toBe(true);
      expect(new Secrets(Buffer.alloc(32, 9), { peppers: new Map([[1, Buffer.alloc(32, 1)]]) }).matches(key, secret)).toBe(true);
      expect(key).toMatchObject({
        account_id: 'default', workspace_id: 'acme', environment: null, public_id: null, replaces: 'key_1', scopes: ['orders:read'],
        rotation_due_at: new Date('2026-07-09T00:00:00Z'), rotation_follows_policy: true,
      });
      expect(await database.selectFrom('workspaces').selectAll().executeTakeFirst()).toMatchObject({ enhanced_security: false, rotation_policy: {} });
      expect(await database.selectFrom('owners').selectAll().executeTakeFirst()).toMatchObject({ public_key: null, left_at: null });
    } finally {
      await database.destroy();
    }
  });

  it('has a database that refuses a key of neither a workspace nor the account, or of both', async () => {
    await makeOldInstallation(newBearerKey('api'));
    const database = await Database.open({ directory: directory.path });
    try {
      const add = (kind: string, workspace: string | null, environment: string | null) => sql`
        INSERT INTO credentials (key_id, kind, account_id, workspace_id, environment, name, service, owner_id, scopes, fingerprint, hint, created_at, created_by, rotation_due_at)
        VALUES (${`key_${kind}_${workspace}_${environment}`}, ${kind}, 'default', ${workspace}, ${environment}, 'n', 's', 'own', '[]',
          ${`fp_${kind}_${workspace}_${environment}`}, '', ${made}, 'me', ${made})`.execute(database);
      for (const [kind, workspace, environment] of [
        ['service_token', 'acme', null], ['service_token', null, null], ['service_token', 'acme', 'test'], ['api_key', null, 'test'], ['api_key', null, null],
        ['signing_key', 'acme', 'test'], ['workspace_key', 'nowhere', null],
      ] as const) await expect(add(kind, workspace, environment)).rejects.toThrow(/violates/);
      await add('service_token', null, 'test');
      await add('public_key', 'acme', null);
    } finally {
      await database.destroy();
    }
  });
});
