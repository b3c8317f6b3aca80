import { Injectable } from '@nestjs/common';
import { severityRank, type KeyState, type Severity } from '@keytrail/contracts';
import { DEFAULT_WORKSPACE, type CredentialRecord } from '@keytrail/credentials';
import type { FindingRow } from '@keytrail/detection';
import { Clock, newId, type Actor } from '@keytrail/platform';
import type { Executor } from '@keytrail/postgres';
import { absorb, openIncident, severityRose, type Arrival } from './absorb.js';
import { isOpen, outlives } from './correlate.js';
import { addToTimeline, lockCorrelation, lockIncident, openIncidentOfKey, saveIncident, type IncidentRow } from './incident.store.js';
import { LEAKED_KEY, leakSummary, leakTitle } from './leak-narrative.js';

/** The timeline tells of so many later reports of one key. */
const MOST_TOLD = 20;

/** A report that the secret of a key is in other hands. */
export interface LeakedKeyReport {
  key: CredentialRecord;
  state: KeyState;
  severity: Severity;
  leak_id: string;
  source: string;
  /** The secret was presented, not only the id named. */
  proven: boolean;
  /** Where it was found and was not known to be. */
  new_places: readonly { url: string; location: string }[];
}

/**
 * Incidents of leaked keys. A key has one that is open: its leak joins the incident that is about the key already, and later reports of the
 * same leak add to that. The leak of a key of the account is an incident of the default workspace.
 */
@Injectable()
export class LeakIncidents {
  constructor(private readonly clock: Clock) {}

  /** The incident of a leaked key, in the transaction that records the leak and has locked the key. */
  async record(transaction: Executor, actor: Actor, report: LeakedKeyReport): Promise<string> {
    // Findings about the key that are correlated at the same moment must find the incident.
    await lockCorrelation(transaction);
    const workspace = report.key.workspace_id ?? DEFAULT_WORKSPACE;
    const known = await latestFinding(transaction, workspace, report.key.key_id);
    if (known?.incident_id == null) return this.begin(transaction, actor, report, workspace);
    const incident = await lockIncident(transaction, known.incident_id, [workspace]);
    if (incident === undefined) return this.begin(transaction, actor, report, workspace);
    if (isOpen(incident.state)) return this.grow(transaction, actor, report, known, incident);
    const why = this.outlives(report, incident);
    if (why === undefined) return this.grow(transaction, actor, report, known, incident);
    return this.begin(transaction, actor, report, workspace, `follows ${incident.incident_id}, closed as ${incident.state}: ${why}`);
  }

  private async begin(transaction: Executor, actor: Actor, report: LeakedKeyReport, workspace: string, follows?: string): Promise<string> {
    const now = this.clock.date();
    const finding: FindingRow = {
      finding_id: newId('fnd'), rule_id: LEAKED_KEY, title: leakTitle(report.state), severity: report.severity, workspace_id: workspace, key_id: report.key.key_id,
      principal: '', addresses: [], first_seen: now, last_seen: now, summary: leakSummary(report), evidence: evidenceOf(1, report.new_places.length),
      episode: report.key.key_id, incident_id: null, detected_at: now, awaits_correlation: false, told_severity: report.severity, told_count: 0, told_growths: 0,
      not_a_threat: null,
    };
    const before = await openIncidentOfKey(transaction, workspace, report.key.key_id);
    const after = before === undefined ? openIncident(newId('inc'), arrivalOf(report, finding), now) : this.reopened(absorb(before, arrivalOf(report, finding), true, now), report);
    await saveIncident(transaction, after);
    await transaction.insertInto('findings').values({
      ...finding, incident_id: after.incident_id, addresses: '[]', evidence: JSON.stringify(finding.evidence), not_a_threat: null,
    }).execute();
    const entry = { incident_id: after.incident_id, at: now, actor: actor.actor, finding_id: null };
    const suffix = follows === undefined ? '' : ` (${follows})`;
    await addToTimeline(transaction, [
      ...(before === undefined ? [{ ...entry, kind: 'opened' as const, actor: 'keytrail', text: `Opened: ${after.title}${suffix}` }] : []),
      { ...entry, kind: 'finding', finding_id: finding.finding_id, text: `${finding.title}: ${finding.summary}${before === undefined ? '' : ` (joined because it is about the same key ${report.key.key_id})`}` },
      ...changes(before, after).map((change) => ({ ...entry, actor: 'keytrail', ...change })),
    ]);
    return after.incident_id;
  }

  private async grow(transaction: Executor, actor: Actor, report: LeakedKeyReport, known: FindingRow, incident: IncidentRow): Promise<string> {
    const now = this.clock.date();
    const { counts } = known.evidence;
    const isNews = report.new_places.length > 0 && known.told_growths < MOST_TOLD;
    const severity = severityRose(known.severity, report.severity) ? report.severity : known.severity;
    await transaction.updateTable('findings').set({
      last_seen: now, severity, evidence: JSON.stringify(evidenceOf((counts['reports'] ?? 0) + 1, (counts['places'] ?? 0) + report.new_places.length)),
      told_growths: known.told_growths + (isNews ? 1 : 0),
    }).where('finding_id', '=', known.finding_id).execute();
    const entry = { incident_id: incident.incident_id, at: now, finding_id: null };
    const told = isNews ? [{ ...entry, kind: 'finding' as const, actor: actor.actor, text: `${known.title}: now ${leakSummary(report)}`, finding_id: known.finding_id }] : [];
    if (!isOpen(incident.state)) {
      await addToTimeline(transaction, told);
      return incident.incident_id;
    }
    const after = this.reopened(absorb(incident, arrivalOf(report, { ...known, severity, last_seen: now }), false, now), report);
    await saveIncident(transaction, after);
    await addToTimeline(transaction, [...told, ...changes(incident, after).map((change) => ({ ...entry, actor: 'keytrail', ...change }))]);
    return after.incident_id;
  }

  /** What was contained is not, once a key of it that lives has leaked. */
  private reopened(incident: IncidentRow, { state }: LeakedKeyReport): IncidentRow {
    return incident.state === 'contained' && state === 'active' ? { ...incident, state: 'open' } : incident;
  }

  /** Why a closed incident does not cover the report: the key lives. A dead key stays as closed as its incident. */
  private outlives({ state }: LeakedKeyReport, incident: IncidentRow): string | undefined {
    if (state !== 'active') return undefined;
    return outlives({ state: incident.state, closed_at: (incident.closed_at ?? incident.updated_at).getTime() }, { last_seen: this.clock.now() + 1, severity_rise: undefined });
  }
}

const latestFinding = (transaction: Executor, workspace: string, keyId: string): Promise<FindingRow | undefined> =>
  transaction.selectFrom('findings').selectAll().where('rule_id', '=', LEAKED_KEY).where('workspace_id', '=', workspace).where('episode', '=', keyId)
    .orderBy('last_seen', 'desc').orderBy('finding_id', 'desc').limit(1).executeTakeFirst();

const evidenceOf = (reports: number, places: number) => ({ request_ids: [], counts: { reports, places } });

const arrivalOf = ({ key, state }: LeakedKeyReport, { rule_id, severity, title, workspace_id, first_seen, last_seen }: FindingRow): Arrival => ({
  finding: { rule_id, severity, title, workspace_id, key_id: key.key_id, addresses: [], first_seen, last_seen },
  subject: { key_id: key.key_id, key_name: key.name, principal: '', addresses: [], registered: true, kind: key.kind, revoked: state === 'revoked' },
  owner: { owner_id: key.owner_id, name: key.owner_name, contact: key.owner_contact }, new_addresses: [], agents: [], fingerprints: [],
});

function changes(before: IncidentRow | undefined, after: IncidentRow): { kind: 'severity' | 'state'; text: string }[] {
  if (before === undefined) return [];
  return [
    ...(severityRank[after.severity] > severityRank[before.severity] ? [{ kind: 'severity' as const, text: `Severity rose from ${before.severity} to ${after.severity}` }] : []),
    ...(after.state === before.state ? [] : [{ kind: 'state' as const, text: `${before.state} -> ${after.state}: a key that lives has leaked` }]),
  ];
}
