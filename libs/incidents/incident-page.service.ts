import { Injectable } from '@nestjs/common';
import { severityRank, type AffectedKey, type Environment, type Incident, type NewCallersConduct, type Outcome, type RequestLog, type SimilarIncident, type TimelineEntry } from '@keytrail/contracts';
import { KeyDirectory, keyEventsOf, keyState, kindRules, type KeyEventRow } from '@keytrail/credentials';
import { presentFinding, type FindingRow } from '@keytrail/detection';
import { Clock } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { RequestLogStore } from '@keytrail/request-logs';
import { closedIncidentsSince, countKeys, environmentOf, findingsOf, lastNotesOf, ownerOf, presentIncident, timelineOf, type IncidentRow } from './incident.store.js';
import { suggestActions, titleWithOthers } from './narrative.js';
import { likeness } from './similar.js';
import { tellStory } from './story.js';
import { subjectsOf } from './subjects.js';
import { timesOf } from './times.js';
import { severityBecause, weighSeverity } from './weigh-severity.js';

const FINDINGS_SHOWN = 200;
const KEY_EVENTS_SHOWN = 500;
const SAMPLES = 10;
const SIMILAR_SHOWN = 5;
const DAY = 24 * 60 * 60_000;
/** Incidents are compared with those that were closed so long ago at most, the latest first, and so many of them. */
const SIMILAR_WITHIN_MS = 180 * DAY;
const SIMILAR_AMONG = 2_000;

/** All that a responder is shown of an incident: read when it is asked for, from what is stored about it, its keys and their requests. */
@Injectable()
export class IncidentPages {
  constructor(
    private readonly database: Database, private readonly directory: KeyDirectory, private readonly requestLogs: RequestLogStore, private readonly clock: Clock,
  ) {}

  async of(row: IncidentRow): Promise<Incident> {
    await this.directory.refresh();
    const findings = await findingsOf(this.database, row.incident_id, FINDINGS_SHOWN);
    const environment = await environmentOf(this.database, row.workspace_id);
    const keys = row.key_ids.map((keyId) => this.affectedKey(row, keyId, findings, environment));
    const actions = suggestActions(subjectsOf(row, this.directory), { ...row, first_seen: row.first_seen.getTime(), last_seen: row.last_seen.getTime() });
    const evidence = findings.map(presentFinding);
    const gravest = this.gravestOf(findings);
    const owner = row.owner_id === null ? undefined : await ownerOf(this.database, row.owner_id);
    const escalation_path = owner === undefined ? [] : [
      ...(owner.status === 'active' ? [{ name: owner.name, contact: owner.contact, role: 'owner' as const }] : []),
      ...owner.escalation.map(({ name, contact }) => ({ name, contact, role: 'escalation' as const })),
    ];
    const new_callers = await this.conductOfNewCallers(row);
    return {
      ...presentIncident(row),
      key_count: Math.max(row.key_ids.length, await countKeys(this.database, row.incident_id)), escalation_path, new_callers,
      narrative: tellStory({ incident: row, now: this.clock.date(), new_callers, ownerLeft: owner?.status === 'left', escalation: escalation_path.filter(({ role }) => role === 'escalation'), evidence, findings: row.findings, keys, actions }),
      severity_because: severityBecause(row.severity, gravest, gravest && this.kindOf(gravest)),
      times: timesOf({ ...row, resolved_at: row.state === 'resolved' && row.merged_into === null ? row.closed_at : null }),
      affected_keys: keys,
      timeline: await this.timeline(row),
      evidence,
      sample_requests: await this.samples(row, findings),
      similar: await this.similar(row),
      suggested_actions: actions,
    };
  }

  private affectedKey(row: IncidentRow, keyId: string, findings: readonly FindingRow[], ofWorkspace: Environment | null): AffectedKey {
    const key = this.directory.findIn(row.workspace_id, keyId);
    const counted = findings.filter(({ key_id }) => key_id === keyId).length;
    if (key === undefined) {
      return { key_id: keyId, name: '', kind: 'unknown', state: null, environment: null, workspace_id: row.workspace_id, owner: null, replaces: [], replaced_by: null, findings: counted, blast_radius: null };
    }
    return {
      key_id: keyId, name: key.name, kind: key.kind, environment: key.environment ?? ofWorkspace, workspace_id: key.workspace_id,
      state: keyState(key, this.clock.date()),
      owner: { owner_id: key.owner_id, name: key.owner_name, contact: key.owner_contact },
      replaces: this.directory.ancestorsOf(keyId), replaced_by: key.replaced_by, findings: counted,
      blast_radius: `GET /v1/${kindRules[key.kind].path}/${keyId}/blast-radius`,
    };
  }

  /** What was done and found, and what became of its keys from a day before on, in the order of time. */
  private async timeline(row: IncidentRow): Promise<TimelineEntry[]> {
    const entries = await timelineOf(this.database, row.incident_id);
    const ours = row.key_ids.filter((keyId) => this.directory.findIn(row.workspace_id, keyId) !== undefined);
    const events = await keyEventsOf(this.database, ours, new Date(row.first_seen.getTime() - DAY), KEY_EVENTS_SHOWN);
    return [...entries, ...events.map(keyEntry)].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  private gravestOf(findings: readonly FindingRow[]): FindingRow | undefined {
    const rank = (finding: FindingRow) => severityRank[weighSeverity(finding, this.kindOf(finding))];
    return findings.reduce<FindingRow | undefined>((gravest, finding) => (gravest === undefined || rank(finding) > rank(gravest) ? finding : gravest), undefined);
  }

  private kindOf({ workspace_id, key_id }: FindingRow) {
    return this.directory.findIn(workspace_id, key_id)?.kind;
  }

  private async conductOfNewCallers({ workspace_id: workspace, key_ids: keys, new_addresses: addresses, first_seen, last_seen }: IncidentRow): Promise<NewCallersConduct | null> {
    if (keys.length === 0 || addresses.length === 0) return null;
    const conduct = await this.requestLogs.conductOf({ workspace, keys, addresses, from: first_seen.getTime(), to: last_seen.getTime() + 1 });
    const of = (...outcomes: Outcome[]) => conduct.filter(({ outcome }) => outcomes.includes(outcome)).reduce((sum, { requests }) => sum + requests, 0);
    const accepted = conduct.find(({ outcome }) => outcome === 'authorised');
    return {
      requests: conduct.reduce((sum, { requests }) => sum + requests, 0), accepted: of('authorised'), refused: of('unauthorised', 'forbidden', 'rate_limited'), failed: of('error'),
      bytes_out: accepted?.bytes_out ?? 0, accepted_routes: accepted?.routes ?? [],
    };
  }

  /** Some requests of each finding, the gravest findings first. */
  private async samples(row: IncidentRow, findings: readonly FindingRow[]): Promise<RequestLog[]> {
    const bySeverity = [...findings].sort((a, b) => severityRank[b.severity] - severityRank[a.severity]);
    const ids = new Set<string>();
    for (let nth = 0; ids.size < SAMPLES && nth < SAMPLES; nth += 1) {
      for (const { evidence } of bySeverity) {
        const id = evidence.request_ids[nth];
        if (id !== undefined && ids.size < SAMPLES) ids.add(id);
      }
    }
    if (ids.size === 0) return [];
    return this.requestLogs.search({
      workspaces: [row.workspace_id], request_ids: [...ids], from: row.first_seen.getTime() - DAY, to: row.last_seen.getTime() + DAY,
    }, null, SAMPLES);
  }

  private async similar(row: IncidentRow): Promise<SimilarIncident[]> {
    const candidates = await closedIncidentsSince(this.database, row.workspace_id, new Date(this.clock.now() - SIMILAR_WITHIN_MS), SIMILAR_AMONG);
    const alike = candidates.filter(({ incident_id }) => incident_id !== row.incident_id).map((other) => ({ other, ...likeness(row, other) })).filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || b.other.opened_at.getTime() - a.other.opened_at.getTime()).slice(0, SIMILAR_SHOWN);
    const notes = await lastNotesOf(this.database, alike.map(({ other }) => other.incident_id));
    return alike.map(({ other: { incident_id, title, title_key_id, key_ids, severity, state, opened_at, closed_at }, because }) => ({
      incident_id, title: titleWithOthers(title, title_key_id, key_ids), severity, state, opened_at: opened_at.toISOString(), closed_at: closed_at?.toISOString() ?? null, because,
      last_note: notes.get(incident_id) ?? null,
    }));
  }
}

const told: Record<KeyEventRow['type'], string> = { created: 'was made', changed: 'was changed', rotated: 'was given a successor', revoked: 'was revoked' };

const keyEntry = ({ at, type, key_id, name, replaces, replaced_by }: KeyEventRow): TimelineEntry => ({
  at: at.toISOString(), kind: 'key', actor: 'keytrail', finding_id: null,
  text: `${name || key_id} ${told[type]}${type === 'created' && replaces !== null ? ` in place of ${replaces}` : ''}${replaced_by !== null && type !== 'created' ? `: ${replaced_by}` : ''}`,
});
