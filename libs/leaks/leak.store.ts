import { sql, type Insertable, type Selectable } from 'kysely';
import type { KeyState, Leak, LeakSummary, LeakedKey } from '@keytrail/contracts';
import { keyState } from '@keytrail/credentials';
import { inWorkspaces, type Executor, type LeakTable, type LeakedKeyTable } from '@keytrail/postgres';
import { placeDigest, type Place } from './leak-items.js';

/** Keys of one report that are shown. */
const MOST_KEYS = 1_000;

export type NewLeak = Omit<Insertable<LeakTable>, 'last_reported_at' | 'times_reported' | 'finished_at'>;

/** Keeps a report. Where the same came before, counts that it came again; `isNew` says which. */
export async function keepLeak(transaction: Executor, leak: NewLeak): Promise<{ leak_id: string; isNew: boolean; finished: boolean }> {
  const row = await transaction.insertInto('leaks').values({ ...leak, last_reported_at: leak.reported_at })
    .onConflict((conflict) => conflict.columns(['reported_by', 'body_digest']).doUpdateSet(({ eb, ref }) => ({
      last_reported_at: leak.reported_at, times_reported: eb(ref('leaks.times_reported'), '+', 1),
    }))).returning(['leak_id', 'finished_at']).executeTakeFirstOrThrow();
  return { leak_id: row.leak_id, isNew: row.leak_id === leak.leak_id, finished: row.finished_at !== null };
}

export async function finishLeak(executor: Executor, leakId: string, now: Date): Promise<void> {
  await executor.updateTable('leaks').set({ finished_at: now }).where('leak_id', '=', leakId).where('finished_at', 'is', null).execute();
}

/** Keeps a key of a report. False where the report had it already. */
export async function keepLeakedKey(transaction: Executor, row: Insertable<LeakedKeyTable>): Promise<boolean> {
  const kept = await transaction.insertInto('leaked_keys').values(row).onConflict((conflict) => conflict.columns(['leak_id', 'key_id']).doNothing())
    .returning('key_id').executeTakeFirst();
  return kept !== undefined;
}

/** Keeps where a key was found, and gives those places that no earlier report named. */
export async function keepPlaces(transaction: Executor, leak_id: string, key_id: string, places: readonly Place[]): Promise<Place[]> {
  if (places.length === 0) return [];
  const rows = places.map((place) => ({ ...place, leak_id, key_id, digest: placeDigest(place) }));
  const known = await transaction.selectFrom('leak_places').select('digest').distinct().where('key_id', '=', key_id)
    .where('digest', 'in', rows.map(({ digest }) => digest)).execute();
  await transaction.insertInto('leak_places').values(rows).execute();
  const before = new Set(known.map(({ digest }) => digest));
  return rows.filter(({ digest }) => !before.has(digest)).map(({ url, location }) => ({ url, location }));
}

export async function settleLeakedKey(
  transaction: Executor, leakId: string, keyId: string, outcome: { incident_id: string; containment_id: string | null },
): Promise<void> {
  await transaction.updateTable('leaked_keys').set(outcome).where('leak_id', '=', leakId).where('key_id', '=', keyId).execute();
}

/** What came of each key of a report. */
export async function outcomesOf(executor: Executor, leakId: string): Promise<Map<string, { incident_id: string | null; revoked: boolean }>> {
  const rows = await executor.selectFrom('leaked_keys as k').innerJoin('credentials as c', 'c.key_id', 'k.key_id')
    .select(['k.key_id', 'k.incident_id', 'c.revoked_at']).where('k.leak_id', '=', leakId).execute();
  return new Map(rows.map(({ key_id, incident_id, revoked_at }) => [key_id, { incident_id, revoked: revoked_at !== null }]));
}

/** Who asks: as far as their workspaces reach, and what they reported themselves. */
export interface Reader {
  workspaces: readonly string[] | null;
  actor: string;
}

type Row = Selectable<LeakTable> & { true_positives: number };

const selectLeaks = (executor: Executor, { workspaces, actor }: Reader) => {
  const seen = inWorkspaces(workspaces, 'c.workspace_id');
  const keys = executor.selectFrom('leaked_keys as k').innerJoin('credentials as c', 'c.key_id', 'k.key_id').where(sql<boolean>`k.leak_id = l.leak_id`).where(seen);
  let query = executor.selectFrom('leaks as l').selectAll('l').select(keys.select(({ fn }) => fn.countAll<number>().as('n')).as('true_positives'));
  if (workspaces !== null) query = query.where(({ or, eb, exists }) => or([exists(keys.select('k.key_id')), eb('l.reported_by', '=', actor)]));
  return query.$castTo<Row>();
};

export interface LeakFilter {
  workspace?: string | undefined;
  key_id?: string | undefined;
  source?: string | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first. A filter by key or workspace finds what the reader can see of them. */
export async function listLeaks(executor: Executor, reader: Reader, { workspace, key_id, source, before, limit }: LeakFilter): Promise<Row[]> {
  let query = selectLeaks(executor, reader).orderBy('l.leak_id', 'desc').limit(limit);
  if (workspace !== undefined || key_id !== undefined) {
    let keys = executor.selectFrom('leaked_keys as k').innerJoin('credentials as c', 'c.key_id', 'k.key_id').select('k.leak_id').where(inWorkspaces(reader.workspaces, 'c.workspace_id'));
    if (workspace !== undefined) keys = keys.where('c.workspace_id', '=', workspace);
    if (key_id !== undefined) keys = keys.where('k.key_id', '=', key_id);
    query = query.where('l.leak_id', 'in', keys);
  }
  if (source !== undefined) query = query.where('l.source', '=', source);
  if (before !== undefined) query = query.where('l.leak_id', '<', before);
  return query.execute();
}

export async function findLeak(executor: Executor, reader: Reader, leakId: string, now: Date): Promise<Leak | undefined> {
  const row = await selectLeaks(executor, reader).where('l.leak_id', '=', leakId).executeTakeFirst();
  return row && { ...summaryOf(row, reader), keys: await keysOf(executor, reader, leakId, now) };
}

async function keysOf(executor: Executor, { workspaces }: Reader, leakId: string, now: Date): Promise<LeakedKey[]> {
  const rows = await executor.selectFrom('leaked_keys as k').innerJoin('credentials as c', 'c.key_id', 'k.key_id').innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
    .selectAll('k').select(['c.kind', 'c.name', 'c.workspace_id', 'c.revoked_at', 'c.expires_at', 'c.owner_id', 'o.name as owner_name', 'o.contact as owner_contact'])
    .where('k.leak_id', '=', leakId).where(inWorkspaces(workspaces, 'c.workspace_id')).orderBy('k.key_id').limit(MOST_KEYS).execute();
  if (rows.length === 0) return [];
  const places = await executor.selectFrom('leak_places').select(['key_id', 'url', 'location']).where('leak_id', '=', leakId)
    .where('key_id', 'in', rows.map(({ key_id }) => key_id)).orderBy('url').orderBy('location').execute();
  return rows.map((row) => ({
    key_id: row.key_id, kind: row.kind, name: row.name, workspace_id: row.workspace_id, fingerprint: row.fingerprint,
    owner: { owner_id: row.owner_id, name: row.owner_name, contact: row.owner_contact }, state_when_reported: row.state as KeyState, state: keyState(row, now),
    severity: row.severity, proven: row.proven, type: row.type, incident_id: row.incident_id, containment_id: row.containment_id,
    places: places.filter(({ key_id }) => key_id === row.key_id).map(({ url, location }) => ({ url, location })), reported_at: row.at.toISOString(),
  }));
}

/** Counts of what was no key are those of the whole account. */
export const summaryOf = (row: Row, { workspaces, actor }: Reader): LeakSummary => {
  const all = workspaces === null || row.reported_by === actor;
  return {
    leak_id: row.leak_id, source: row.source, reported_by: row.reported_by, note: row.note, reported_at: row.reported_at.toISOString(),
    last_reported_at: row.last_reported_at.toISOString(), times_reported: row.times_reported, finished_at: row.finished_at?.toISOString() ?? null,
    true_positives: row.true_positives, tokens: all ? row.tokens : null, false_positives: all ? row.false_positives : null,
  };
};
