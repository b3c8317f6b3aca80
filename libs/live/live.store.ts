import { sql } from 'kysely';
import type { LiveEvent } from '@keytrail/contracts';
import { presentKeyEvent } from '@keytrail/credentials';
import { presentFinding } from '@keytrail/detection';
import { presentIncident } from '@keytrail/incidents';
import type { FeedBounds, FeedSlice } from '@keytrail/platform';
import { inWorkspaces, type Executor } from '@keytrail/postgres';
import { folded, type FoldedChange, type LiveChange } from './live-change.js';
import type { LiveView } from './live-view.js';

/** A change with the incident, finding or key event it is about. */
export interface LiveRow extends FoldedChange {
  event: LiveEvent;
}

/** Of events of keys and changes together: their positions come from one sequence. */
export async function liveBounds(executor: Executor): Promise<FeedBounds> {
  const { rows } = await sql<FeedBounds>`
    SELECT greatest((SELECT max(position) FROM key_events), (SELECT max(position) FROM live_changes), f.forgotten_until) AS last, f.forgotten_until
    FROM (SELECT greatest(k.forgotten_until, l.forgotten_until) AS forgotten_until FROM key_feed AS k, live_feed AS l) AS f`.execute(executor);
  const [bounds] = rows;
  if (bounds === undefined) throw new Error('key_feed or live_feed has lost its row');
  return bounds;
}

/** What changed after a position, each thing as it is now. At most `limit` changes, which may be fewer things. */
export async function liveAfter(executor: Executor, position: number, limit: number, view?: LiveView): Promise<FeedSlice<LiveRow>> {
  const found = await changesAfter(executor, position, limit + 1, view);
  const changes = found.slice(0, limit);
  return { rows: await withWhatChanged(executor, folded(changes)), end: changes.at(-1)?.position ?? position, more: found.length > limit };
}

async function changesAfter(executor: Executor, position: number, limit: number, view: LiveView | undefined): Promise<LiveChange[]> {
  const within = inWorkspaces(view?.workspaces ?? null);
  const [kinds, types] = [view && [...view.kinds], view && [...view.types]];
  const { rows } = await sql<LiveChange>`
    (SELECT position, at, 'key' AS type, key_id AS object_id, workspace_id, kind, type AS change FROM key_events
      WHERE position > ${position} AND ${within} AND ${kinds === undefined ? sql`true` : sql`kind = ANY(${view!.types.has('key') ? kinds : []}::text[])`} ORDER BY position LIMIT ${limit})
    UNION ALL
    (SELECT position, at, type, object_id, workspace_id, NULL, change FROM live_changes
      WHERE position > ${position} AND ${within} AND ${types === undefined ? sql`true` : sql`type = ANY(${types}::text[])`} ORDER BY position LIMIT ${limit})
    ORDER BY position LIMIT ${limit}`.execute(executor);
  return rows;
}

async function withWhatChanged(executor: Executor, changes: readonly FoldedChange[]): Promise<LiveRow[]> {
  const idsOf = (type: FoldedChange['type']) => changes.filter((change) => change.type === type).map(({ object_id }) => object_id);
  const [incidentIds, findingIds] = [idsOf('incident'), idsOf('finding')];
  const positions = changes.filter(({ type }) => type === 'key').map(({ position }) => position);
  const incidents = new Map(incidentIds.length === 0 ? [] : (await executor.selectFrom('incidents').selectAll().where('incident_id', 'in', incidentIds).execute())
    .map((row) => [row.incident_id, presentIncident(row)]));
  const findings = new Map(findingIds.length === 0 ? [] : (await executor.selectFrom('findings').selectAll().where('finding_id', 'in', findingIds).execute())
    .map((row) => [row.finding_id, presentFinding(row)]));
  const keys = new Map(positions.length === 0 ? [] : (await executor.selectFrom('key_events').selectAll().where('position', 'in', positions).execute())
    .map((row) => [row.position, presentKeyEvent(row)]));
  return changes.flatMap((change): LiveRow[] => {
    const { position, type, object_id } = change;
    const told = { position, at: change.at.toISOString() };
    const [incident, finding, key] = [incidents.get(object_id), findings.get(object_id), keys.get(position)];
    // What was deleted meanwhile is not told.
    if (type === 'incident') return incident === undefined ? [] : [{ ...change, event: { ...told, type, changes: change.changes as ('opened')[], incident } }];
    if (type === 'finding') return finding === undefined ? [] : [{ ...change, event: { ...told, type, changes: change.changes as ('found')[], finding } }];
    return key === undefined ? [] : [{ ...change, event: { ...told, type, key } }];
  });
}
