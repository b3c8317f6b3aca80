import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { ClickHouse } from '@keytrail/clickhouse';
import { Database } from '@keytrail/postgres';
import type { CredentialForSuspect, EndingOverlap, ScopeChange, Suspicion } from './rules/index.js';

const MOST = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Incidents that are not settled, grave enough to make what happens meanwhile suspect. */
const UNSETTLED = ['open', 'acknowledged', 'contained'] as const;
/** An incident that nothing was added to for so long says nothing of today. */
const SUSPECT_FOR_MS = 7 * DAY;
const GRAVE = ['medium', 'high', 'critical'] as const;

/** An incident `i` that an owner's keys are part of, whoever it began with; `c` is one of those keys. */
const OF_OWNER = sql<boolean>`(i.owner_id = c.owner_id OR EXISTS (SELECT FROM credentials AS k WHERE k.owner_id = c.owner_id AND i.key_ids @> jsonb_build_array(k.key_id)))`;

/** What happened to keys in the registry, beside who is under suspicion. */
@Injectable()
export class RegistryEventStore {
  constructor(private readonly database: Database, private readonly clickhouse: ClickHouse) {}

  /** Keys made since a moment for owners with open incidents, but for those that took another's place. */
  async madeForSuspects(since: Date, defaultWorkspace: string): Promise<CredentialForSuspect[]> {
    const rows = await this.database.selectFrom('key_events as e').innerJoin('credentials as c', 'c.key_id', 'e.key_id').innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
      .innerJoin('incidents as i', (join) => join.on(OF_OWNER))
      .select(['c.key_id', 'c.workspace_id', 'c.name', 'o.name as owner_name', 'c.created_at', 'c.created_by', 'i.title', 'i.severity', 'i.opened_at'])
      .where('e.type', '=', 'created').where('e.replaces', 'is', null).where('e.at', '>', since)
      .where('i.last_seen', '>', new Date(since.getTime() - SUSPECT_FOR_MS)).where('i.state', 'in', UNSETTLED).where('i.severity', 'in', GRAVE).orderBy('e.position').limit(MOST).execute();
    const made = new Map<string, CredentialForSuspect & { suspicions: Suspicion[] }>();
    for (const { title, severity, opened_at, workspace_id, created_at, ...key } of rows) {
      const one = made.get(key.key_id) ?? { ...key, workspace_id: workspace_id ?? defaultWorkspace, created_at: created_at.getTime(), suspicions: [] };
      one.suspicions.push({ title, severity, at: opened_at.getTime() });
      made.set(key.key_id, one);
    }
    return [...made.values()];
  }

  /** Changes of scopes since a moment, beside open incidents of the key and its owner. */
  async scopeChanges(since: Date, defaultWorkspace: string): Promise<ScopeChange[]> {
    const { rows } = await sql<Omit<ScopeChange, 'at' | 'suspicions'> & { at: Date; suspicions: { title: string; severity: Suspicion['severity']; at: string }[] | null }>`
      SELECT a.object_id AS key_id, coalesce(a.workspace_id, ${defaultWorkspace}) AS workspace_id, c.name, o.name AS owner_name, a.at, a.actor AS by,
        a.detail #> '{before,scopes}' AS before, a.detail #> '{after,scopes}' AS after,
        (SELECT json_agg(json_build_object('title', i.title, 'severity', i.severity, 'at', i.opened_at)) FROM incidents AS i
          WHERE i.last_seen > ${new Date(since.getTime() - SUSPECT_FOR_MS)} AND i.state = ANY(${[...UNSETTLED]}) AND i.severity = ANY(${[...GRAVE]}) AND ${OF_OWNER}) AS suspicions
      FROM audit_entries AS a JOIN credentials AS c ON c.key_id = a.object_id JOIN owners AS o ON o.owner_id = c.owner_id
      WHERE a.at > ${since} AND a.action LIKE '%.changed' AND a.detail #> '{after,scopes}' IS NOT NULL ORDER BY a.entry_id LIMIT ${MOST}`.execute(this.database);
    return rows.map(({ at, suspicions, ...change }) => (
      { ...change, at: at.getTime(), suspicions: (suspicions ?? []).map((one) => ({ ...one, at: Date.parse(one.at) })) }));
  }

  /** Overlaps in their second half, with how much both keys were used in the last day of them, or in what there was of it. */
  async endingOverlaps(now: number, defaultWorkspace: string): Promise<EndingOverlap[]> {
    const rows = await this.database.selectFrom('containments as t').innerJoin('credentials as c', 'c.key_id', 't.key_id').innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
      .select(['t.key_id', 't.successor_id', 'c.workspace_id', 'c.name', 'o.name as owner_name', 't.started_at', 't.overlap_ends_at'])
      .where('t.state', '=', 'overlap').where('t.successor_id', 'is not', null).where('t.overlap_ends_at', '>', new Date(now))
      .where(sql<boolean>`t.overlap_ends_at - ${new Date(now)}::timestamptz < ${new Date(now)}::timestamptz - t.started_at`).orderBy('t.overlap_ends_at').limit(MOST).execute();
    if (rows.length === 0) return [];
    const used = await this.usedOf(rows.flatMap(({ key_id, successor_id, started_at }) => [{ key_id, since: sinceOf(started_at, now) }, { key_id: successor_id!, since: sinceOf(started_at, now) }]));
    return rows.map(({ key_id, successor_id, workspace_id, started_at, overlap_ends_at, ...rest }) => ({
      ...rest, key_id, successor_id: successor_id!, workspace_id: workspace_id ?? defaultWorkspace, started_at: started_at.getTime(), ends_at: overlap_ends_at!.getTime(),
      old_requests: used.get(key_id) ?? 0, new_requests: used.get(successor_id!) ?? 0, hours: Math.max(1, Math.round((now - sinceOf(started_at, now)) / HOUR)),
    }));
  }

  /** Calls by key that were not refused. */
  private async usedOf(keys: readonly { key_id: string; since: number }[]): Promise<Map<string, number>> {
    const minutes = keys.map(({ since }) => Math.trunc(since / 1_000));
    const rows = await this.clickhouse.select<{ key_id: string; requests: number }>(
      `SELECT key_id, toInt64(sum(requests) - sum(denied)) AS requests FROM request_minutes
      WHERE key_id IN {keys:Array(String)} AND toUnixTimestamp(minute) >= transform(key_id, {keys:Array(String)}, [${minutes.join(', ')}], 0) AND minute >= fromUnixTimestamp(${Math.min(...minutes)})
      GROUP BY key_id`, { keys: keys.map(({ key_id }) => key_id) });
    return new Map(rows.map(({ key_id, requests }) => [key_id, requests]));
  }
}

const sinceOf = (started: Date, now: number): number => Math.max(started.getTime(), now - DAY);
