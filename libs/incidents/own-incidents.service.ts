import { Injectable } from '@nestjs/common';
import type { Severity } from '@keytrail/contracts';
import { DEFAULT_WORKSPACE } from '@keytrail/credentials';
import { Clock, newId } from '@keytrail/platform';
import type { Executor } from '@keytrail/postgres';
import { openIncident } from './absorb.js';
import { isOpen } from './correlate.js';
import { addToTimeline, lockIncident, saveIncident } from './incident.store.js';

/** Something of Keytrail's own that somebody has to see to, such as a channel through which no alert gets. */
export interface OwnTrouble {
  rule_id: string;
  title: string;
  severity: Severity;
  /** null: of the account; its incident is one of the default workspace. */
  workspace_id: string | null;
  summary: string;
  since: Date;
}

/** Incidents about Keytrail itself. */
@Injectable()
export class OwnIncidents {
  constructor(private readonly clock: Clock) {}

  /** Opens an incident, in the transaction of whoever noticed. Returns its id. */
  async open(transaction: Executor, trouble: OwnTrouble): Promise<string> {
    const now = this.clock.date();
    const workspace_id = trouble.workspace_id ?? DEFAULT_WORKSPACE;
    const finding = {
      finding_id: newId('fnd'), rule_id: trouble.rule_id, title: trouble.title, severity: trouble.severity, workspace_id, key_id: '', principal: '', first_seen: trouble.since, last_seen: now,
      summary: trouble.summary, incident_id: newId('inc'), detected_at: now, awaits_correlation: false,
    };
    const subject = { key_id: '', key_name: '', principal: '', addresses: [], registered: false, revoked: false };
    await saveIncident(transaction, openIncident(finding.incident_id, { finding: { ...finding, addresses: [] }, subject, owner: null, new_addresses: [], agents: [], fingerprints: [] }, now));
    await transaction.insertInto('findings').values({
      ...finding, episode: finding.finding_id, addresses: '[]', evidence: JSON.stringify({ request_ids: [], counts: {} }), told_severity: trouble.severity, told_count: 0, told_growths: 0,
    }).execute();
    const entry = { incident_id: finding.incident_id, at: now, actor: 'keytrail' };
    await addToTimeline(transaction, [
      { ...entry, kind: 'opened', text: `Opened: ${trouble.title}`, finding_id: null }, { ...entry, kind: 'finding', text: `${trouble.title}: ${trouble.summary}`, finding_id: finding.finding_id },
    ]);
    return finding.incident_id;
  }

  /** Whether somebody still has it before them; one that was merged into another is that one's matter. */
  async isOpen(executor: Executor, incidentId: string): Promise<boolean> {
    const row = await executor.selectFrom('incidents').select(['state', 'merged_into']).where('incident_id', '=', incidentId).executeTakeFirst();
    return row !== undefined && (row.merged_into !== null || isOpen(row.state));
  }

  /** Says that it is over: an incident that nobody has closed is resolved. */
  async resolve(transaction: Executor, incidentId: string, why: string): Promise<void> {
    const row = await lockIncident(transaction, incidentId, null);
    if (row === undefined || !isOpen(row.state)) return;
    const now = this.clock.date();
    await saveIncident(transaction, { ...row, state: 'resolved', updated_at: now, closed_at: now, last_seen: now });
    await addToTimeline(transaction, [{ incident_id: incidentId, at: now, kind: 'state', actor: 'keytrail', text: `${row.state} -> resolved: ${why}`, finding_id: null }]);
  }
}
