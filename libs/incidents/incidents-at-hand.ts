import type { Executor } from '@keytrail/postgres';
import { isOpen } from './correlate.js';
import { addToTimeline, saveIncidents, type IncidentRow, type NewTimelineEntry } from './incident.store.js';

/**
 * The incidents that some findings may belong to, locked, as they are after the findings taken in so far. Each is written once, however many findings
 * came: a storm on one cause is one change.
 */
export class IncidentsAtHand {
  private readonly rows = new Map<string, IncidentRow>();
  private readonly changed = new Set<string>();
  private readonly entries: NewTimelineEntry[] = [];

  constructor(locked: readonly IncidentRow[]) {
    for (const row of locked) this.rows.set(row.incident_id, row);
  }

  find(incidentId: string | null): IncidentRow | undefined {
    return incidentId === null ? undefined : this.rows.get(incidentId);
  }

  /** Those of a workspace that still take findings. */
  open(workspace: string): IncidentRow[] {
    return [...this.rows.values()].filter((row) => row.workspace_id === workspace && isOpen(row.state));
  }

  save(row: IncidentRow): void {
    this.rows.set(row.incident_id, row);
    this.changed.add(row.incident_id);
  }

  tell(entries: readonly NewTimelineEntry[]): void {
    this.entries.push(...entries);
  }

  async write(transaction: Executor): Promise<void> {
    await saveIncidents(transaction, [...this.changed].map((id) => this.rows.get(id)!));
    await addToTimeline(transaction, this.entries);
  }
}
