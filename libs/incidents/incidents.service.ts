import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { Incident, IncidentPage, IncidentQuery, UpdateIncident } from '@keytrail/contracts';
import { KeyDirectory } from '@keytrail/credentials';
import { presentFinding } from '@keytrail/detection';
import { Clock, conflict, decodeCursor, encodeCursor, notFound, timePosition, type Actor, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { isOpen } from './correlate.js';
import {
  addToTimeline, findIncident, findingsOf, listIncidents, lockIncident, partsOf, presentIncident, saveIncident, timelineOf, type IncidentRow,
} from './incident.store.js';
import { suggestActions } from './narrative.js';
import { subjectsOf } from './subjects.js';
import { mayMove } from './transitions.js';

const Position = timePosition('inc');
const FINDINGS_SHOWN = 200;

/** Incidents as people see and change them. */
@Injectable()
export class Incidents {
  constructor(
    private readonly database: Database, private readonly directory: KeyDirectory, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail,
  ) {}

  async list(scope: WorkspaceScope, query: IncidentQuery): Promise<IncidentPage> {
    const position = query.cursor === undefined ? undefined : decodeCursor(Position, query.cursor);
    const rows = await listIncidents(this.database, {
      workspaces: scope.narrow(query.workspace), state: query.state, severity: query.severity, key_id: query.key_id, limit: query.limit + 1,
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
    await this.directory.refresh();
    const findings = await findingsOf(this.database, incidentId, FINDINGS_SHOWN);
    const span = { ...row, first_seen: row.first_seen.getTime(), last_seen: row.last_seen.getTime() };
    return {
      ...presentIncident(row),
      timeline: await timelineOf(this.database, incidentId),
      evidence: findings.map(presentFinding),
      suggested_actions: suggestActions(subjectsOf(row, this.directory), span),
    };
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
    const at = this.clock.date();
    await addToTimeline(transaction, [{ incident_id: incidentId, at, kind: 'action', actor: actor.actor, text, finding_id: null }]);
    if (row.state === 'open' || row.state === 'acknowledged') await this.move(transaction, row, 'contained', actor, undefined);
    else await saveIncident(transaction, { ...row, updated_at: at });
  }

  private async move(transaction: Executor, row: IncidentRow, state: IncidentRow['state'], actor: Actor, note: string | undefined): Promise<void> {
    const at = this.clock.date();
    await saveIncident(transaction, { ...row, state, updated_at: at, closed_at: isOpen(state) ? null : at });
    await addToTimeline(transaction, [{
      incident_id: row.incident_id, at, kind: 'state', actor: actor.actor, finding_id: null,
      text: `${row.state} -> ${state}${note === undefined ? '' : `: ${note}`}`,
    }]);
  }
}
