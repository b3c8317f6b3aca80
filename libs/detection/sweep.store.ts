import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { ClickHouse } from '@keytrail/clickhouse';
import { Database, type Executor } from '@keytrail/postgres';
import type { UncontainedLeak } from './rules/leak-not-contained.js';
import type { LogSource } from './rules/log-silence.js';
import type { OwnerViolations } from './rules/violations.js';

const CURSOR = 'sweep';
const MOST_LEAKS = 1_000;
const MOST_VIOLATIONS = 20_000;
const MOST_SOURCES = 5_000;
/** Arrivals are read back this far at most. */
const LONGEST_MS = 6 * 3_600_000;
/** Logs that come later than this after their requests are an import, and say nothing of who reports now. */
const LIVE_WITHIN_S = 15 * 60;

export interface SweepProgress { at: number; version: number }

/** What arrived from a source in a span. Epoch milliseconds. */
export interface SourceArrivals { workspace_id: string; node: string; first: number; last: number }

/** What the clock-driven rules look at. */
@Injectable()
export class SweepStore {
  constructor(private readonly database: Database, private readonly clickhouse: ClickHouse) {}

  async progress(): Promise<SweepProgress | undefined> {
    const row = await this.database.selectFrom('detection_cursors').selectAll().where('name', '=', CURSOR).executeTakeFirst();
    return row && { at: row.ingested_at.getTime(), version: row.version };
  }

  /** false: another detector was faster. */
  async advance(transaction: Executor, from: SweepProgress | undefined, now: number): Promise<boolean> {
    const moved = from === undefined
      ? await transaction.insertInto('detection_cursors').values({ name: CURSOR, ingested_at: new Date(now), version: 1 })
        .onConflict((conflict) => conflict.doNothing()).returning('version').executeTakeFirst()
      : await transaction.updateTable('detection_cursors').set({ ingested_at: new Date(now), version: from.version + 1 })
        .where('name', '=', CURSOR).where('version', '=', from.version).returning('version').executeTakeFirst();
    return moved !== undefined;
  }

  /** Leaked keys that are good and that nothing is being done about at a key platform, those that leaked first before others. */
  async uncontainedLeaks(defaultWorkspace: string, now: Date): Promise<UncontainedLeak[]> {
    const rows = await this.database.selectFrom('leaked_keys as k').innerJoin('credentials as c', 'c.key_id', 'k.key_id').innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
      .select(({ fn }) => ['c.key_id', 'c.workspace_id', 'c.name', 'o.name as owner_name', fn.min('k.at').as('leaked_at')] as const)
      .where('c.revoked_at', 'is', null).where((where) => where.or([where('c.expires_at', 'is', null), where('c.expires_at', '>', now)]))
      .where(sql<boolean>`NOT EXISTS (SELECT FROM containments AS t WHERE t.key_id = c.key_id AND t.state = 'in_progress')`)
      .groupBy(['c.key_id', 'c.workspace_id', 'c.name', 'o.name']).orderBy('leaked_at').limit(MOST_LEAKS).execute();
    return rows.map(({ workspace_id, leaked_at, ...rest }) => ({ ...rest, workspace_id: workspace_id ?? defaultWorkspace, leaked_at: leaked_at.getTime() }));
  }

  /** Open violations by workspace and owner. */
  async openViolations(defaultWorkspace: string): Promise<OwnerViolations[]> {
    const rows = await this.database.selectFrom('policy_violations as v').leftJoin('owners as o', 'o.owner_id', 'v.owner_id')
      .leftJoin('credentials as c', (join) => join.onRef('c.key_id', '=', 'v.key_id').on('v.kind', 'is not', null))
      .select(['v.workspace_id', 'v.owner_id', 'o.name as owner_name', 'v.policy', 'v.severity', 'v.key_id', 'c.name', 'v.opened_at'])
      .where('v.ended_at', 'is', null).where('v.policy', 'in', ['rotation-due', 'owner-left', 'no-owner', 'key-name']).orderBy('v.violation_id').limit(MOST_VIOLATIONS).execute();
    const owners = new Map<string, OwnerViolations & { violations: OwnerViolations['violations'][number][] }>();
    for (const { workspace_id, owner_id, owner_name, policy, severity, key_id, name, opened_at } of rows) {
      const workspace = workspace_id ?? defaultWorkspace;
      const id = `${workspace} ${owner_id ?? ''}`;
      const of = owners.get(id) ?? { workspace_id: workspace, owner_id: owner_id ?? '', owner_name: owner_name ?? '', violations: [] };
      of.violations.push({ policy, severity, key_id, name: name ?? key_id, opened_at: opened_at.getTime() });
      owners.set(id, of);
    }
    return [...owners.values()];
  }

  async sources(): Promise<LogSource[]> {
    const rows = await this.database.selectFrom('log_sources').selectAll().limit(MOST_SOURCES).execute();
    return rows.map(({ first_seen, last_seen, longest_gap_s, ...rest }) => (
      { ...rest, first_seen: first_seen.getTime(), last_seen: last_seen.getTime(), longest_gap_ms: longest_gap_s * 1_000 }));
  }

  /** Who reported since a moment, by the store's clock; an empty node stands for all of a workspace. */
  async arrivals(since: number, now: number): Promise<SourceArrivals[]> {
    const from = Math.max(since, now - LONGEST_MS);
    return this.clickhouse.select<SourceArrivals>(
      `SELECT workspace_id, arrayJoin(arrayDistinct(arrayPushBack(nodes, ''))) AS node, toUnixTimestamp64Milli(min(caller_activity.ingested_at)) AS first,
        toUnixTimestamp64Milli(max(caller_activity.ingested_at)) AS last
      FROM caller_activity
      WHERE caller_activity.ingested_at >= fromUnixTimestamp64Milli(${Math.trunc(from)}, 'UTC') AND dateDiff('second', last_time, caller_activity.ingested_at) <= ${LIVE_WITHIN_S}
      GROUP BY workspace_id, node ORDER BY workspace_id, node LIMIT ${MOST_SOURCES}`);
  }

  async keepSources(transaction: Executor, sources: readonly LogSource[], forgetBefore: Date): Promise<void> {
    for (let start = 0; start < sources.length; start += 500) {
      await transaction.insertInto('log_sources').values(sources.slice(start, start + 500).map(({ first_seen, last_seen, longest_gap_ms, workspace_id, node }) => ({
        workspace_id, node, first_seen: new Date(first_seen), last_seen: new Date(last_seen), longest_gap_s: Math.round(longest_gap_ms / 1_000),
      }))).onConflict((conflict) => conflict.columns(['workspace_id', 'node']).doUpdateSet((excluded) => ({
        last_seen: excluded.ref('excluded.last_seen'), longest_gap_s: excluded.ref('excluded.longest_gap_s'),
      }))).execute();
    }
    await transaction.deleteFrom('log_sources').where('last_seen', '<', forgetBefore).execute();
  }
}
