import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { RewrapResult } from '@keytrail/contracts';
import { Secrets, type Caller } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { placeOf } from './material.js';

/** Secrets of workspace keys, which are kept encrypted. */
@Injectable()
export class WorkspaceSecrets {
  constructor(private readonly database: Database, private readonly secrets: Secrets, private readonly auditTrail: AuditTrail) {}

  /** The secret of a workspace key, to check a signature with. Undefined when there is no such key. Never answer or log it. */
  async secretOf(key: { key_id: string; workspace_id: string | null }): Promise<string | undefined> {
    const kept = await this.database.selectFrom('wrapped_secrets').selectAll().where('key_id', '=', key.key_id).executeTakeFirst();
    return kept && this.secrets.unwrap(kept, placeOf(key));
  }

  /** Encrypts secrets anew that are not under the newest wrapping key yet, `limit` at most. Several calls at once share the work. */
  async rewrap(caller: Caller, limit: number): Promise<RewrapResult> {
    caller.scope.assertAll('encrypt secrets anew');
    const version = this.secrets.wrappingKeys.newest;
    return this.database.transaction().execute(async (transaction) => {
      const rows = await transaction.selectFrom('wrapped_secrets as s').innerJoin('credentials as c', 'c.key_id', 's.key_id')
        .select(['s.key_id', 's.wrapped', 's.wrapping_version', 'c.workspace_id']).where('s.wrapping_version', '<>', version)
        .orderBy('s.key_id').limit(limit).forUpdate('s').skipLocked().execute();
      for (const row of rows) {
        const anew = this.secrets.wrap(this.secrets.unwrap(row, placeOf(row)), placeOf(row));
        await transaction.updateTable('wrapped_secrets').set(anew).where('key_id', '=', row.key_id).execute();
      }
      if (rows.length > 0) {
        await this.auditTrail.record(transaction, caller, {
          action: 'workspace_secrets.rewrapped', object_type: 'wrapping_key', object_id: String(version), workspace_id: null, detail: { secrets: rows.length },
        });
      }
      return { version, rewrapped: rows.length, remaining: await this.remaining(transaction, version) };
    });
  }

  private async remaining(transaction: Executor, version: number): Promise<number> {
    const { n } = await transaction.selectFrom('wrapped_secrets').select(({ fn }) => fn.countAll<number>().as('n'))
      .where('wrapping_version', '<>', version).executeTakeFirstOrThrow();
    return Number(n);
  }
}
