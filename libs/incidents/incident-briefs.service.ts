import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { IncidentSummary, SuggestedAction } from '@keytrail/contracts';
import { KeyDirectory } from '@keytrail/credentials';
import type { Executor } from '@keytrail/postgres';
import { presentIncident, type IncidentRow } from './incident.store.js';
import { suggestActions } from './narrative.js';
import { subjectsOf } from './subjects.js';

/** The latest entries of a timeline that a brief has, and the keys of an incident that it says what to do about. */
const MOST_ENTRIES = 5;
const MOST_KEYS = 3;

/** What somebody who was not there needs to know of an incident. */
export interface IncidentBrief {
  incident: IncidentSummary;
  /** The latest entries of the timeline, in order. */
  what_happened: { at: string; text: string }[];
  what_to_do: SuggestedAction[];
}

/** Incidents as they were when they changed, briefly, for those who are told of them. */
@Injectable()
export class IncidentBriefs {
  constructor(private readonly directory: KeyDirectory) {}

  /** Before a transaction that makes briefs: what is known of keys is read again. */
  async refresh(): Promise<void> {
    await this.directory.refresh();
  }

  /** Of the rows that `incident_changes` keeps, in their order. */
  async of(executor: Executor, snapshots: readonly Record<string, unknown>[]): Promise<IncidentBrief[]> {
    return this.briefsOf(executor, snapshots.map(rowOfSnapshot));
  }

  /** Of incidents as they are now, by id; without those that are not there. */
  async current(executor: Executor, incidentIds: readonly string[]): Promise<Map<string, IncidentBrief>> {
    const rows = await executor.selectFrom('incidents').selectAll().where('incident_id', 'in', [...new Set(incidentIds)]).execute();
    return new Map((await this.briefsOf(executor, rows)).map((brief) => [brief.incident.incident_id, brief]));
  }

  private async briefsOf(executor: Executor, rows: readonly IncidentRow[]): Promise<IncidentBrief[]> {
    const ids = [...new Set(rows.map(({ incident_id }) => incident_id))];
    const { rows: entries } = await sql<{ incident_id: string; at: Date; text: string }>`SELECT e.incident_id, e.at, e.text
      FROM unnest(${ids}::text[]) AS i (incident_id) CROSS JOIN LATERAL (
        SELECT * FROM incident_timeline t WHERE t.incident_id = i.incident_id ORDER BY t.entry_id DESC LIMIT ${MOST_ENTRIES}) e
      ORDER BY e.entry_id`.execute(executor);
    return rows.map((row) => ({
      incident: presentIncident(row),
      what_happened: entries.filter(({ incident_id }) => incident_id === row.incident_id).map(({ at, text }) => ({ at: at.toISOString(), text })),
      what_to_do: suggestActions(subjectsOf({ ...row, key_ids: row.key_ids.slice(0, MOST_KEYS) }, this.directory), {
        ...row, first_seen: row.first_seen.getTime(), last_seen: row.last_seen.getTime(),
      }),
    }));
  }
}

const TIMES = ['first_seen', 'last_seen', 'opened_at', 'updated_at', 'closed_at', 'acknowledged_at', 'contained_at'];

const rowOfSnapshot = (snapshot: Record<string, unknown>): IncidentRow =>
  Object.fromEntries(Object.entries(snapshot).map(([name, value]) => [name, TIMES.includes(name) && typeof value === 'string' ? new Date(value) : value])) as unknown as IncidentRow;
