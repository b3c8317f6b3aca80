import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { DetectionFinding, Incident, IncidentPage, IncidentQuery, IncidentState, IncidentTimesQuery, IncidentTimesReport, Severity, UpdateIncident } from '@keytrail/contracts';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, notFound, timePosition, type Actor, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { isOpen } from './correlate.js';
import {
  addToTimeline, findIncident, listIncidents, lockIncident, momentsOf, partsOf, presentIncident, saveIncident, type IncidentRow,
} from './incident.store.js';
import { detectionFinding } from './detection-finding.js';
import { IncidentPages } from './incident-page.service.js';
import { reportTimes } from './times.js';
import { mayMove } from './transitions.js';

const Position = timePosition('inc');
const DAY = 24 * 60 * 60_000;
const REPORTED_DAYS = 90;
const MOST_REPORTED_DAYS = 3 * 366;

/** Incidents as people see and change them. */
@Injectable()
export class Incidents {
  constructor(
    private readonly database: Database, private readonly pages: IncidentPages, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail,
  ) {}

  async list(scope: WorkspaceScope, query: IncidentQuery): Promise<IncidentPage> {
    const position = query.cursor === undefined ? undefined : decodeCursor(Position, query.cursor);
    const rows = await listIncidents(this.database, {
      workspaces: scope.narrow(query.workspace), states: query.state?.split(',') as IncidentState[] | undefined, severities: query.severity?.split(',') as Severity[] | undefined,
      key_id: query.key_id, limit: query.limit + 1,
      before: position && { last_seen: new Date(position[0]), incident_id: position[1] },
    });
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      data: shown.map(presentIncident),
      next_cursor: rows.length > query.limit && last !== undefined ? encodeCursor([last.last_seen.getTime(), last.incident_id]) : null,
    };
  }

  async get(scope: WorkspaceScope, incidentId: string): Promise<Incident> {
    const row = await findIncident(this.database, incidentId, scope.ids);
    if (row === undefined) throw notFound('incident');
    return this.pages.of(row);
  }

  /** As it is now. Asked for again, it is the same event until something becomes of the incident. */
  async ocsf(scope: WorkspaceScope, incidentId: string): Promise<DetectionFinding> {
    const incident = await this.get(scope, incidentId);
    const at = new Date(incident.updated_at);
    return detectionFinding({
      uid: `${incident.incident_id}-${at.getTime()}`, incident, isNew: incident.updated_at === incident.opened_at, at, now: this.clock.date(), message: incident.title, what_happened: incident.narrative,
      what_to_do: incident.suggested_actions, url: null,
    }) as DetectionFinding;
  }

  /** How long incidents took to be detected, acknowledged, contained and resolved. 400 when the span is longer than three years. */
  async times(scope: WorkspaceScope, query: IncidentTimesQuery): Promise<IncidentTimesReport> {
    const to = query.to === undefined ? this.clock.date() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - REPORTED_DAYS * DAY) : new Date(query.from);
    if (from >= to) throw badRequest('empty_range', 'from must lie before to.');
    if (to.getTime() - from.getTime() > MOST_REPORTED_DAYS * DAY) throw badRequest('range_too_long', 'A report covers three years at most.');
    const rows = await momentsOf(this.database, scope.narrow(query.workspace), from, to);
    return reportTimes(rows.map((row) => ({ ...row, resolved_at: row.state === 'resolved' ? row.closed_at : null })), from, to);
  }

  /** What audit entries about an incident are about: itself, its keys, and what was done about them. */
  async objectsOf({ incident_id, key_ids }: Pick<Incident, 'incident_id' | 'key_ids'>): Promise<string[]> {
    return [...new Set([incident_id, ...key_ids, ...await partsOf(this.database, incident_id, key_ids)])];
  }

  async update(caller: Caller, incidentId: string, patch: UpdateIncident): Promise<Incident> {
    await this.database.transaction().execute(async (transaction) => {
      const row = await lockIncident(transaction, incidentId, caller.scope.ids);
      if (row === undefined) throw notFound('incident');
      const { state, note } = patch;
      if (state !== undefined && state !== row.state) {
        if (row.merged_into !== null) throw conflict('incident_merged', `This incident was merged into ${row.merged_into}: work on that one.`);
        if (!mayMove(row.state, state)) throw conflict('state_not_reachable', `An incident that is ${row.state} cannot become ${state}.`);
        await this.move(transaction, row, state, caller, note);
      } else if (note !== undefined) {
        await addToTimeline(transaction, [
          { incident_id: incidentId, at: this.clock.date(), kind: 'note', actor: caller.actor, text: note, finding_id: null },
        ]);
        await saveIncident(transaction, { ...row, updated_at: this.clock.date() });
      }
      await this.auditTrail.record(transaction, caller, {
        action: 'incident.changed', object_type: 'incident', object_id: incidentId, workspace_id: row.workspace_id, ...(note && { reason: note }),
        detail: { before: { state: row.state }, after: { state: state ?? row.state } },
      });
    });
    return this.get(caller.scope, incidentId);
  }

  /**
   * Notes in the timeline what was done about a key, in the transaction of that action. An incident that is still worked on becomes
   * contained. Throws 404 when the incident is not one of the workspace; a key of the account (null) may be part of any.
   */
  async recordContainment(transaction: Executor, actor: Actor, incidentId: string, workspace: string | null, text: string): Promise<void> {
    const row = await lockIncident(transaction, incidentId, workspace === null ? null : [workspace]);
    if (row === undefined) throw notFound('incident');
    if (row.merged_into !== null) return this.recordContainment(transaction, actor, row.merged_into, workspace, text);
    const at = this.clock.date();
    await addToTimeline(transaction, [{ incident_id: incidentId, at, kind: 'action', actor: actor.actor, text, finding_id: null }]);
    if (row.state === 'open' || row.state === 'acknowledged') await this.move(transaction, row, 'contained', actor, undefined);
    else await saveIncident(transaction, { ...row, updated_at: at });
  }

  private async move(transaction: Executor, row: IncidentRow, state: IncidentRow['state'], actor: Actor, note: string | undefined): Promise<void> {
    const at = this.clock.date();
    await saveIncident(transaction, {
      ...row, state, updated_at: at, closed_at: isOpen(state) ? null : at,
      // Whoever takes it up in any way has acknowledged it; the first time counts.
      acknowledged_at: row.acknowledged_at ?? (state === 'open' ? null : at), contained_at: row.contained_at ?? (state === 'contained' ? at : null),
    });
    await addToTimeline(transaction, [{
      incident_id: row.incident_id, at, kind: 'state', actor: actor.actor, finding_id: null,
      text: `${row.state} -> ${state}${note === undefined ? '' : `: ${note}`}`,
    }]);
  }
}
