import { Injectable } from '@nestjs/common';
import { KeyDirectory } from '@keytrail/credentials';
import { ruleInfo, type FindingRow } from '@keytrail/detection';
import { Clock, newId } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { absorb, openIncident, severityRose, type Arrival } from './absorb.js';
import { arrivalOf } from './arrival.js';
import { correlate, correlationDefaults, escapes, isOpen, outlives, type IncidentFacts } from './correlate.js';
import { isWorthTelling, toldAfter } from './growth.js';
import { addToTimeline, keyWorks, lockCorrelation, openIncidentsNear, saveIncident, type IncidentRow, type NewTimelineEntry } from './incident.store.js';
import { UsualNetworks } from './usual-networks.service.js';

const FINDINGS_A_TIME = 100;

/** Puts findings that are new or have grown into incidents. */
@Injectable()
export class Correlation {
  constructor(
    private readonly database: Database, private readonly directory: KeyDirectory, private readonly clock: Clock,
    private readonly networks: UsualNetworks,
  ) {}

  /** Works off everything that waits. Returns the number of findings. */
  async correlatePending(): Promise<number> {
    let total = 0;
    for (;;) {
      const done = await this.correlateSome();
      total += done;
      if (done < FINDINGS_A_TIME) return total;
    }
  }

  private async correlateSome(): Promise<number> {
    const waiting = await findingsAwaiting(this.database).execute();
    if (waiting.length === 0) return 0;
    await this.networks.learn(waiting);
    await this.directory.refresh();
    return this.database.transaction().execute(async (transaction) => {
      await lockCorrelation(transaction);
      const findings = await findingsAwaiting(transaction).where('finding_id', 'in', waiting.map((finding) => finding.finding_id)).execute();
      for (const finding of findings) await this.place(transaction, finding);
      return waiting.length;
    });
  }

  private async place(transaction: Executor, finding: FindingRow): Promise<void> {
    const arrival = this.arrivalOf(finding);
    const now = this.clock.date();
    const known = finding.incident_id === null ? undefined
      : await transaction.selectFrom('incidents').selectAll().where('incident_id', '=', finding.incident_id).forUpdate().executeTakeFirst();
    const incident = known === undefined ? await this.joinOrOpen(transaction, finding, arrival, now)
      : isOpen(known.state) ? await this.grow(transaction, known, finding, arrival, now)
        : await this.follow(transaction, known, finding, arrival, now);
    const told = incident === undefined ? {} : { incident_id: incident.incident_id, ...toldAfter(finding, incident.incident_id === known?.incident_id) };
    await transaction.updateTable('findings').set({ ...told, awaits_correlation: false }).where('finding_id', '=', finding.finding_id).execute();
  }

  /** A closed incident is left as it is. undefined: its closing covers what the finding has become. */
  private async follow(
    transaction: Executor, closed: IncidentRow, finding: FindingRow, arrival: Arrival, now: Date,
  ): Promise<IncidentRow | undefined> {
    const { told_severity, severity } = finding;
    const closedAt = closed.closed_at ?? closed.updated_at;
    const why = outlives({ state: closed.state, closed_at: closedAt.getTime() }, {
      last_seen: finding.last_seen.getTime(),
      severity_rise: told_severity !== null && severityRose(told_severity, severity) ? `its severity rose from ${told_severity} to ${severity}` : undefined,
    });
    if (why === undefined) return undefined;
    const successor = await this.joinOrOpen(transaction, finding, arrival, now,
      `follows ${closed.incident_id}, closed as ${closed.state} at ${closedAt.toISOString()}: ${why}`);
    if (successor === undefined) return undefined;
    await addToTimeline(transaction, [{
      incident_id: closed.incident_id, at: now, kind: 'finding', actor: 'keytrail', text: `${finding.title}: ${why}; see ${successor.incident_id}`,
      finding_id: finding.finding_id,
    }]);
    return successor;
  }

  private async grow(transaction: Executor, before: IncidentRow, finding: FindingRow, arrival: Arrival, now: Date): Promise<IncidentRow> {
    return this.takeIn(transaction, before, finding, arrival, growthEntries(finding, before.incident_id, now), now);
  }

  /** One that was contained is open again when it goes on with a key that works. */
  private async takeIn(transaction: Executor, before: IncidentRow, finding: FindingRow, arrival: Arrival, told: readonly NewTimelineEntry[], now: Date): Promise<IncidentRow> {
    const escape = before.state === 'contained' ? await this.escapeOf(transaction, before, finding, now) : undefined;
    const absorbed = absorb(before, arrival, finding.incident_id !== before.incident_id, now);
    const after: IncidentRow = escape === undefined ? absorbed : { ...absorbed, state: 'open' };
    await saveIncident(transaction, after);
    await addToTimeline(transaction, [...told, ...severityEntries(before, after, now), ...escape === undefined ? [] : [{
      incident_id: after.incident_id, at: now, kind: 'state' as const, actor: 'keytrail', text: `contained -> open: ${escape}`, finding_id: null,
    }]]);
    return after;
  }

  private async escapeOf(transaction: Executor, { key_ids, contained_at, updated_at }: IncidentRow, { workspace_id, key_id, last_seen }: FindingRow, now: Date): Promise<string | undefined> {
    return escapes((contained_at ?? updated_at).getTime(), {
      key_id, key_works: await keyWorks(transaction, workspace_id, key_id, now), new_key: !key_ids.includes(key_id), last_seen: last_seen.getTime(),
    });
  }

  private async joinOrOpen(
    transaction: Executor, finding: FindingRow, arrival: Arrival, now: Date, follows?: string,
  ): Promise<IncidentRow | undefined> {
    const { gap_ms } = correlationDefaults;
    const facts = {
      workspace_id: finding.workspace_id, key_id: finding.key_id, owner_id: opensIncidents(finding) ? arrival.owner?.owner_id ?? null : null, addresses: finding.addresses,
      lineage: this.directory.lineageOf(finding.key_id), new_addresses: arrival.new_addresses, agents: arrival.agents, fingerprints: arrival.fingerprints, first_seen: finding.first_seen.getTime(), last_seen: finding.last_seen.getTime(),
    };
    const near = await openIncidentsNear(transaction, finding.workspace_id, new Date(finding.first_seen.getTime() - gap_ms), new Date(finding.last_seen.getTime() + gap_ms), {
      ...facts, keys: [facts.key_id, ...facts.lineage].filter((key) => key !== ''),
    });
    const joining = correlate(facts, near.map(incidentFacts), correlationDefaults);
    const before = near.find((incident) => incident.incident_id === joining?.incident_id);
    if (before === undefined && !opensIncidents(finding) && follows === undefined) return undefined;
    const entry = (incident_id: string, text: string): NewTimelineEntry =>
      ({ incident_id, at: now, kind: 'finding', actor: 'keytrail', text, finding_id: finding.finding_id });
    if (before === undefined || joining === undefined) {
      const opened = openIncident(newId('inc'), arrival, now);
      await saveIncident(transaction, opened);
      await addToTimeline(transaction, [
        {
          incident_id: opened.incident_id, at: now, kind: 'opened', actor: 'keytrail', finding_id: null,
          text: `Opened: ${opened.title}${follows === undefined ? '' : ` (${follows})`}`,
        },
        entry(opened.incident_id, `${finding.title}: ${finding.summary}`),
      ]);
      return opened;
    }
    const joined = entry(before.incident_id, `${finding.title}: ${finding.summary} (joined because ${joining.because}${follows === undefined ? '' : `; ${follows}`})`);
    return this.takeIn(transaction, before, finding, arrival, [joined], now);
  }

  private arrivalOf(finding: FindingRow): Arrival {
    const key = finding.key_id === '' ? undefined : this.directory.findIn(finding.workspace_id, finding.key_id);
    return arrivalOf(finding, key, this.networks.newAmong(finding));
  }
}

function growthEntries(finding: FindingRow, incident_id: string, at: Date): NewTimelineEntry[] {
  if (!isWorthTelling(finding)) return [];
  return [{ incident_id, at, kind: 'finding', actor: 'keytrail', text: `${finding.title}: now ${finding.summary}`, finding_id: finding.finding_id }];
}

const findingsAwaiting = (executor: Executor) => executor.selectFrom('findings').selectAll().where('awaits_correlation', '=', true)
  .orderBy('first_seen').orderBy('finding_id').limit(FINDINGS_A_TIME);

/** A low finding of some rules says something only beside others. */
const opensIncidents = ({ rule_id, severity }: FindingRow): boolean => ruleInfo(rule_id)?.incident !== 'joins' || severity !== 'low';

const incidentFacts = (incident: IncidentRow): IncidentFacts =>
  ({ ...incident, first_seen: incident.first_seen.getTime(), last_seen: incident.last_seen.getTime() });

function severityEntries(before: IncidentRow, after: IncidentRow, at: Date): NewTimelineEntry[] {
  if (!severityRose(before.severity, after.severity)) return [];
  return [{
    incident_id: after.incident_id, at, kind: 'severity', actor: 'keytrail', text: `Severity rose from ${before.severity} to ${after.severity}`, finding_id: null,
  }];
}
