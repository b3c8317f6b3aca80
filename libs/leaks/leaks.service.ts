import { Injectable } from '@nestjs/common';
import type { Leak, LeakPage, LeakQuery, LeakReceipt, ReportLeak } from '@keytrail/contracts';
import { Clock, decodeCursor, encodeCursor, idPosition, notFound, type Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { itemsOfReport } from './leak-items.js';
import { LeakIntake } from './leak-intake.service.js';
import { findLeak, listLeaks, summaryOf, type Reader } from './leak.store.js';

const readerOf = ({ scope, actor }: Caller): Reader => ({ workspaces: scope.ids, actor });

/** Leaks as people and their scanners report and see them. */
@Injectable()
export class Leaks {
  constructor(private readonly database: Database, private readonly intake: LeakIntake, private readonly clock: Clock) {}

  /** Whoever holds a secret may report it, wherever its key belongs; what they may not see of the key they are not told. */
  async report(caller: Caller, report: ReportLeak): Promise<LeakReceipt> {
    const { leak_id, repeated, recognised, outcomes } = await this.intake.take(caller, {
      source: report.source, note: report.note ?? null, body: JSON.stringify(report), items: itemsOfReport(report), scope: caller.scope,
    });
    return {
      leak_id, repeated,
      results: report.items.map((item) => {
        const found = recognised.get('token' in item ? `token ${item.token}` : `key ${item.key_id}`)!;
        if ('reason' in found) return { label: 'false_positive', reason: found.reason, fingerprint: found.fingerprint, key_id: null, incident_id: null, revoked: false };
        const outcome = outcomes.get(found.key.key_id);
        const seen = caller.scope.allows(found.key.workspace_id);
        return {
          label: 'true_positive', reason: null, fingerprint: found.fingerprint, key_id: seen ? found.key.key_id : null, incident_id: seen ? outcome?.incident_id ?? null : null,
          revoked: outcome?.revoked ?? false,
        };
      }),
    };
  }

  async list(caller: Caller, { cursor, limit, ...filter }: LeakQuery): Promise<LeakPage> {
    const before = cursor === undefined ? undefined : decodeCursor(idPosition('leak'), cursor);
    const reader = readerOf(caller);
    const rows = await listLeaks(this.database, reader, { ...filter, before, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    return { data: shown.map((row) => summaryOf(row, reader)), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.leak_id) : null };
  }

  async get(caller: Caller, leakId: string): Promise<Leak> {
    const leak = await findLeak(this.database, readerOf(caller), leakId, this.clock.date());
    if (leak === undefined) throw notFound('leak report');
    return leak;
  }
}
