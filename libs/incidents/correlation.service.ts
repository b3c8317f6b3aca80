import { Injectable } from '@nestjs/common';
import { KeyDirectory } from '@keytrail/credentials';
import { ruleInfo, type FindingRow } from '@keytrail/detection';
import { Clock, newId } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { absorb, openIncident, severityRose, type Arrival } from './absorb.js';
import { arrivalOf } from './arrival.js';
import { correlate, correlationDefaults, escapes, isOpen, outlives, type FindingFacts, type IncidentFacts } from './correlate.js';
import { isWorthTelling, toldAfter } from './growth.js';
import { incidentsTiedTo, keyWorks, lockCorrelation, lockIncidents, markPlaced, type IncidentRow, type NewTimelineEntry, type PlacedFinding } from './incident.store.js';
import { IncidentsAtHand } from './incidents-at-hand.js';
import { UsualNetworks } from './usual-networks.service.js';

const FINDINGS_A_TIME = 500;

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
      const cases = findings.map((finding) => this.caseOf(finding));
      const incidents = await this.takeInHand(transaction, cases);
      const placed: PlacedFinding[] = [];
      for (const one of cases) placed.push(await this.place(transaction, incidents, one));
      await incidents.write(transaction);
      await markPlaced(transaction, placed);
      return waiting.length;
    });
  }

  private caseOf(finding: FindingRow): Case {
    const key = finding.key_id === '' ? undefined : this.directory.findIn(finding.workspace_id, finding.key_id);
    const arrival = arrivalOf(finding, key, this.networks.newAmong(finding));
    const { workspace_id, key_id, addresses } = finding;
    return {
      finding, arrival,
      facts: {
        workspace_id, key_id, addresses, lineage: this.directory.lineageOf(key_id), owner_id: opensIncidents(finding) ? arrival.owner?.owner_id ?? null : null,
        new_addresses: arrival.new_addresses, agents: arrival.agents, fingerprints: arrival.fingerprints, first_seen: finding.first_seen.getTime(), last_seen: finding.last_seen.getTime(),
      },
    };
  }

  /** Every incident that one of the findings is in or may join. */
  private async takeInHand(transaction: Executor, cases: readonly Case[]): Promise<IncidentsAtHand> {
    const locked = await lockIncidents(transaction, [...new Set(cases.flatMap(({ finding }) => finding.incident_id ?? []))].sort());
    for (const workspace of new Set(cases.map(({ facts }) => facts.workspace_id))) {
      const facts = cases.flatMap((one) => (one.facts.workspace_id === workspace ? [one.facts] : []));
      const all = (of: (one: FindingFacts) => readonly (string | null)[]) => [...new Set(facts.flatMap(of))].filter((value) => value !== null && value !== '') as string[];
      const { gap_ms } = correlationDefaults;
      locked.push(...await incidentsTiedTo(transaction, {
        workspace, from: new Date(facts.reduce((least, { first_seen }) => Math.min(least, first_seen), Infinity) - gap_ms),
        to: new Date(facts.reduce((most, { last_seen }) => Math.max(most, last_seen), -Infinity) + gap_ms),
        keys: all(({ key_id, lineage }) => [key_id, ...lineage]), addresses: all(({ addresses }) => addresses), fingerprints: all(({ fingerprints }) => fingerprints),
        new_addresses: all(({ new_addresses }) => new_addresses), agents: all(({ agents }) => agents), owners: all(({ owner_id }) => [owner_id]),
      }));
    }
    return new IncidentsAtHand(locked);
  }

  private async place(transaction: Executor, incidents: IncidentsAtHand, one: Case): Promise<PlacedFinding> {
    const { finding } = one;
    const now = this.clock.date();
    const known = incidents.find(finding.incident_id);
    const incident = known === undefined ? await this.joinOrOpen(transaction, incidents, one, now)
      : isOpen(known.state) ? await this.takeIn(transaction, incidents, known, one, growthEntries(finding, known.incident_id, now), now)
        : await this.follow(transaction, incidents, known, one, now);
    return { finding_id: finding.finding_id, ...(incident && { incident_id: incident.incident_id, ...toldAfter(finding, incident.incident_id === known?.incident_id) }) };
  }

  /** A closed incident is left as it is. undefined: its closing covers what the finding has become. */
  private async follow(transaction: Executor, incidents: IncidentsAtHand, closed: IncidentRow, one: Case, now: Date): Promise<IncidentRow | undefined> {
    const { finding, finding: { told_severity, severity } } = one;
    const closedAt = closed.closed_at ?? closed.updated_at;
    const why = outlives({ state: closed.state, closed_at: closedAt.getTime() }, {
      last_seen: finding.last_seen.getTime(),
      severity_rise: told_severity !== null && severityRose(told_severity, severity) ? `its severity rose from ${told_severity} to ${severity}` : undefined,
    });
    if (why === undefined) return undefined;
    const successor = await this.joinOrOpen(transaction, incidents, one, now, `follows ${closed.incident_id}, closed as ${closed.state} at ${closedAt.toISOString()}: ${why}`);
    if (successor === undefined) return undefined;
    incidents.tell([{
      incident_id: closed.incident_id, at: now, kind: 'finding', actor: 'keytrail', text: `${finding.title}: ${why}; see ${successor.incident_id}`,
      finding_id: finding.finding_id,
    }]);
    return successor;
  }

  /** One that was contained is open again when it goes on with a key that works. */
  private async takeIn(
    transaction: Executor, incidents: IncidentsAtHand, before: IncidentRow, { finding, arrival }: Case, told: readonly NewTimelineEntry[], now: Date,
  ): Promise<IncidentRow> {
    const escape = before.state === 'contained' ? await this.escapeOf(transaction, before, finding, now) : undefined;
    const absorbed = absorb(before, arrival, finding.incident_id !== before.incident_id, now);
    const after: IncidentRow = escape === undefined ? absorbed : { ...absorbed, state: 'open' };
    incidents.save(after);
    incidents.tell([...told, ...severityEntries(before, after, now), ...escape === undefined ? [] : [{
      incident_id: after.incident_id, at: now, kind: 'state' as const, actor: 'keytrail', text: `contained -> open: ${escape}`, finding_id: null,
    }]]);
    return after;
  }

  private async escapeOf(transaction: Executor, { key_ids, contained_at, updated_at }: IncidentRow, { workspace_id, key_id, last_seen }: FindingRow, now: Date): Promise<string | undefined> {
    return escapes((contained_at ?? updated_at).getTime(), {
      key_id, key_works: await keyWorks(transaction, workspace_id, key_id, now), new_key: !key_ids.includes(key_id), last_seen: last_seen.getTime(),
    });
  }

  private async joinOrOpen(transaction: Executor, incidents: IncidentsAtHand, one: Case, now: Date, follows?: string): Promise<IncidentRow | undefined> {
    const { finding, arrival, facts } = one;
    const near = incidents.open(finding.workspace_id);
    const joining = correlate(facts, near.map(incidentFacts), correlationDefaults);
    const before = incidents.find(joining?.incident_id ?? null);
    if (before === undefined && !opensIncidents(finding) && follows === undefined) return undefined;
    const entry = (incident_id: string, text: string): NewTimelineEntry =>
      ({ incident_id, at: now, kind: 'finding', actor: 'keytrail', text, finding_id: finding.finding_id });
    if (before === undefined || joining === undefined) {
      const opened = openIncident(newId('inc'), arrival, now);
      incidents.save(opened);
      incidents.tell([
        {
          incident_id: opened.incident_id, at: now, kind: 'opened', actor: 'keytrail', finding_id: null,
          text: `Opened: ${opened.title}${follows === undefined ? '' : ` (${follows})`}`,
        },
        entry(opened.incident_id, `${finding.title}: ${finding.summary}`),
      ]);
      return opened;
    }
    const joined = entry(before.incident_id, `${finding.title}: ${finding.summary} (joined because ${joining.because}${follows === undefined ? '' : `; ${follows}`})`);
    return this.takeIn(transaction, incidents, before, one, [joined], now);
  }
}

/** A finding with what correlation looks at. */
interface Case { finding: FindingRow; arrival: Arrival; facts: FindingFacts }

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
