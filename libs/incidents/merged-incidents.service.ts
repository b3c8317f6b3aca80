import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { MergeIncident, SplitIncident } from '@keytrail/contracts';
import { KeyDirectory } from '@keytrail/credentials';
import type { FindingRow } from '@keytrail/detection';
import { Clock, badRequest, conflict, newId, notFound, type Caller } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { arrivalOf } from './arrival.js';
import { isOpen } from './correlate.js';
import { addToTimeline, forgetInTimeline, lockCorrelation, lockIncident, saveIncident, type IncidentRow, type NewTimelineEntry } from './incident.store.js';
import { incidentOf, joined, remade } from './regroup.js';

/** An incident with more findings is remade by nobody's hand. */
const MOST_FINDINGS = 5_000;

/** What people put together or take apart, where correlation saw it otherwise. What it finds later goes where the findings went. */
@Injectable()
export class MergedIncidents {
  constructor(
    private readonly database: Database, private readonly directory: KeyDirectory, private readonly clock: Clock, private readonly auditTrail: AuditTrail,
  ) {}

  /**
   * Gives all findings of an incident to another one and closes it for good. What was done about it goes along. 409 when one of both is closed, or when
   * they are of two workspaces.
   */
  async merge(caller: Caller, incidentId: string, { into, reason }: MergeIncident): Promise<void> {
    if (into === incidentId) throw badRequest('same_incident', 'An incident cannot be merged into itself.');
    await this.database.transaction().execute(async (transaction) => {
      await lockCorrelation(transaction);
      // In one order, whoever asks for which.
      const rows = new Map<string, IncidentRow>();
      for (const id of [incidentId, into].sort()) rows.set(id, await this.lockOpen(transaction, caller, id));
      const [from, to] = [rows.get(incidentId)!, rows.get(into)!];
      if (from.workspace_id !== to.workspace_id) throw conflict('other_workspace', 'Incidents of two workspaces cannot be merged.');
      const at = this.clock.date();
      for (const table of ['findings', 'containments', 'leaked_keys'] as const) {
        await transaction.updateTable(table).set({ incident_id: into }).where('incident_id', '=', incidentId).execute();
      }
      const after = joined(to, from, at);
      await saveIncident(transaction, { ...after, contained_at: to.contained_at ?? from.contained_at });
      await saveIncident(transaction, { ...from, state: 'resolved', merged_into: into, closed_at: at, updated_at: at, acknowledged_at: from.acknowledged_at ?? at });
      const entry = { at, kind: 'joined' as const, actor: caller.actor, finding_id: null };
      await addToTimeline(transaction, [
        ...(after.state === to.state ? [] : [{ ...entry, kind: 'state' as const, incident_id: into, text: `contained -> ${after.state}: what it takes over is not contained` }]),
        { ...entry, incident_id: into, text: `Took over the ${from.findings} findings of ${incidentId} (${from.title}): ${reason}` },
        { ...entry, incident_id: incidentId, text: `Merged into ${into} (${to.title}): ${reason}` },
      ]);
      for (const [id, role] of [[incidentId, 'merged'], [into, 'took over']] as const) {
        await this.auditTrail.record(transaction, caller, {
          action: 'incident.merged', object_type: 'incident', object_id: id, workspace_id: from.workspace_id, reason, detail: { from: incidentId, into, this_one: role, findings: from.findings },
        });
      }
    });
  }

  /** Makes an incident of its own of some findings of another, and returns its id. 409 when the incident is closed or would keep none. */
  async split(caller: Caller, incidentId: string, { finding_ids, reason }: SplitIncident): Promise<string> {
    await this.directory.refresh();
    return this.database.transaction().execute(async (transaction) => {
      await lockCorrelation(transaction);
      const row = await this.lockOpen(transaction, caller, incidentId);
      const findings = await transaction.selectFrom('findings').selectAll().where('incident_id', '=', incidentId).orderBy('first_seen').orderBy('finding_id').limit(MOST_FINDINGS + 1).execute();
      if (findings.length > MOST_FINDINGS) throw conflict('too_many_findings', `An incident with more than ${MOST_FINDINGS} findings cannot be split.`);
      const taken = new Set(finding_ids);
      const leaving = findings.filter(({ finding_id }) => taken.has(finding_id));
      if (leaving.length !== taken.size) throw badRequest('finding_not_in_incident', `${taken.size - leaving.length} of the findings are not in this incident.`);
      const staying = findings.filter(({ finding_id }) => !taken.has(finding_id));
      if (staying.length === 0) throw conflict('nothing_left', 'An incident keeps one finding at least.');
      const at = this.clock.date();
      const made = incidentOf(newId('inc'), leaving.map((finding) => this.arrival(finding, row)), at);
      await saveIncident(transaction, made);
      await saveIncident(transaction, remade(row, staying.map((finding) => this.arrival(finding, row)), at));
      await transaction.updateTable('findings').set({ incident_id: made.incident_id }).where('finding_id', 'in', finding_ids).execute();
      await forgetInTimeline(transaction, incidentId, finding_ids);
      await addToTimeline(transaction, this.splitEntries(row, made, leaving, caller.actor, reason, at));
      for (const id of [incidentId, made.incident_id]) {
        await this.auditTrail.record(transaction, caller, {
          action: 'incident.split', object_type: 'incident', object_id: id, workspace_id: row.workspace_id, reason, detail: { from: incidentId, made: made.incident_id, finding_ids },
        });
      }
      return made.incident_id;
    });
  }

  private splitEntries(row: IncidentRow, made: IncidentRow, leaving: readonly FindingRow[], actor: string, reason: string, at: Date): NewTimelineEntry[] {
    const entry = { at, actor, finding_id: null };
    return [
      { ...entry, incident_id: row.incident_id, kind: 'joined', text: `Split: ${leaving.length} of its findings went to ${made.incident_id}: ${reason}` },
      { ...entry, incident_id: made.incident_id, kind: 'opened', text: `Opened: ${made.title} (split from ${row.incident_id}: ${reason})` },
      ...leaving.map(({ finding_id, title, summary }) =>
        ({ ...entry, incident_id: made.incident_id, kind: 'finding' as const, actor: 'keytrail', finding_id, text: `${title}: ${summary}` })),
    ];
  }

  private async lockOpen(transaction: Executor, caller: Caller, incidentId: string): Promise<IncidentRow> {
    const row = await lockIncident(transaction, incidentId, caller.scope.ids);
    if (row === undefined) throw notFound('incident');
    if (row.merged_into !== null) throw conflict('incident_closed', `${incidentId} is closed for good: it was merged into ${row.merged_into}. Work on that one.`);
    if (!isOpen(row.state)) throw conflict('incident_closed', `${incidentId} is closed. Reopen it first.`);
    return row;
  }

  /** What was new to its key is known to the incident. */
  private arrival(finding: FindingRow, { new_addresses }: IncidentRow) {
    const known = new Set(new_addresses);
    const key = finding.key_id === '' ? undefined : this.directory.findIn(finding.workspace_id, finding.key_id);
    return arrivalOf(finding, key, finding.addresses.filter((address) => known.has(address)));
  }
}
