import { Kysely, Migrator, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import { poolOn } from './embedded-connection.js';
import type { EmbeddedPostgres } from './embedded-postgres-thread.js';
import { openEmbeddedPostgres } from './embedded-postgres.js';
import { registry } from './migrations/0001-registry.js';
import { watch } from './migrations/0002-watch.js';
import { kafkaLedger } from './migrations/0003-kafka-ledger.js';
import { deadLetterReplay } from './migrations/0004-dead-letter-replay.js';
import { keyKinds } from './migrations/0005-key-kinds.js';
import { auditTree } from './migrations/0006-audit-tree.js';
import { keyEvents } from './migrations/0007-key-events.js';
import { containments } from './migrations/0008-containments.js';
import { kafkaLogs } from './migrations/0009-kafka-logs.js';
import { policyViolations } from './migrations/0010-policy-violations.js';
import { leaks } from './migrations/0011-leaks.js';
import { keyAuthorities } from './migrations/0012-key-authorities.js';
import { accessTokenChanges } from './migrations/0013-access-token-changes.js';
import { ruleFacts } from './migrations/0014-rule-facts.js';
import { tuning } from './migrations/0016-tuning.js';
import { customRules } from './migrations/0017-custom-rules.js';
import { packedKeyMemory } from './migrations/0018-packed-key-memory.js';
import { registryEvents } from './migrations/0021-registry-events.js';
import { backtests } from './migrations/0022-backtests.js';
import { incidentChanges } from './migrations/0023-incident-changes.js';
import { alerting } from './migrations/0024-alerting.js';
import { incidentPages } from './migrations/0026-incident-pages.js';
import { ownerImports } from './migrations/0027-owner-imports.js';
import { liveChanges } from './migrations/0028-live-changes.js';
import { incidentTies } from './migrations/0029-incident-ties.js';
import { remindersAndGroups } from './migrations/0030-reminders-and-groups.js';
import { notesAreTold } from './migrations/0031-notes-are-told.js';
import { sessions } from './migrations/0035-sessions.js';
import { peopleFromProviders } from './migrations/0040-people-from-providers.js';
import type { Tables } from './tables.js';
import { CountingDialect, WriteCount, type LookAtWrite } from './writes.js';

const BIGINT = 20;
// Versions and entry numbers stay far below 2^53.
types.setTypeParser(BIGINT, Number);

/** Where Postgres is: a server by URL, or PGlite in a directory of this process. */
export type PostgresLocation = { url: string } | { directory: string };

/** Queries that may run inside or outside a transaction. PGlite has one connection: inside one, use the transaction and nothing else. */
export type Executor = Kysely<Tables>;

/** Postgres, by server or embedded, through one code path. */
export class Database extends Kysely<Tables> {
  private readonly count: WriteCount | undefined;

  private constructor(pool: Pool, private readonly embedded: EmbeddedPostgres | undefined) {
    // Without listeners, a connection that breaks would end the process, idle or lent out; the query at hand or the next one reports it.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    const count = embedded && new WriteCount();
    super({ dialect: count === undefined ? new PostgresDialect({ pool }) : new CountingDialect({ pool }, count) });
    this.count = count;
  }

  /**
   * Grows with every write that answers held in memory may rest on: while it stands still, nothing of them has changed. Undefined on a server,
   * where others write too; nobody else writes to an embedded database.
   */
  get writes(): number | undefined {
    return this.count?.value;
  }

  /** Has each write that {@link writes} counts looked at before it is. Does nothing on a server. */
  lookAtWrites(look: LookAtWrite): void {
    if (this.count !== undefined) this.count.look = look;
  }

  /** Opens the database and brings its schema up to date. */
  static async open(location: PostgresLocation): Promise<Database> {
    const embedded = 'url' in location ? undefined : await openEmbeddedPostgres(location.directory);
    const pool = 'url' in location
      ? new Pool({ connectionString: location.url, max: 10, connectionTimeoutMillis: 10_000 })
      : poolOn(embedded!);
    const database = new Database(pool, embedded);
    try {
      await database.migrate();
      return database;
    } catch (error) {
      await database.destroy();
      throw error;
    }
  }

  override async destroy(): Promise<void> {
    await super.destroy();
    await this.embedded?.close();
  }

  private async migrate(): Promise<void> {
    const migrator = new Migrator({
      db: this,
      // Numbers are given before changes land, and an installation may follow every change.
      allowUnorderedMigrations: true,
      provider: {
        getMigrations: async () => ({
          '0001-registry': registry, '0002-watch': watch, '0003-kafka-ledger': kafkaLedger,
          '0004-dead-letter-replay': deadLetterReplay, '0005-key-kinds': keyKinds, '0006-audit-tree': auditTree,
          '0007-key-events': keyEvents,
          '0008-containments': containments,
          '0009-kafka-logs': kafkaLogs,
          '0010-policy-violations': policyViolations,
          '0011-leaks': leaks,
          '0012-key-authorities': keyAuthorities,
          '0013-access-token-changes': accessTokenChanges,
          '0014-rule-facts': ruleFacts,
          '0016-tuning': tuning,
          '0017-custom-rules': customRules,
          '0018-packed-key-memory': packedKeyMemory,
          '0021-registry-events': registryEvents,
          '0022-backtests': backtests,
          '0023-incident-changes': incidentChanges,
          '0024-alerting': alerting,
          '0026-incident-pages': incidentPages,
          '0027-owner-imports': ownerImports,
          '0028-live-changes': liveChanges,
          '0029-incident-ties': incidentTies,
          '0030-reminders-and-groups': remindersAndGroups,
          '0031-notes-are-told': notesAreTold,
          '0035-sessions': sessions,
          '0040-people-from-providers': peopleFromProviders,
        }),
      },
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  }
}
