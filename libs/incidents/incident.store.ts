import { sql, type Selectable } from 'kysely';
import type { Environment, IncidentState, IncidentSummary, Severity, TimelineEntry } from '@keytrail/contracts';
import { keyState } from '@keytrail/credentials';
import { networkOf, type FindingRow } from '@keytrail/detection';
import { inWorkspaces, type Executor, type IncidentTable } from '@keytrail/postgres';
import { titleWithOthers } from './narrative.js';

export type IncidentRow = Selectable<IncidentTable>;

export interface IncidentFilter {
  workspaces: readonly string[] | null;
  states?: readonly IncidentState[] | undefined;
  severities?: readonly Severity[] | undefined;
  key_id?: string | undefined;
  before?: { last_seen: Date; incident_id: string } | undefined;
  limit: number;
}

/** Incidents, latest first. */
export async function listIncidents(executor: Executor, filter: IncidentFilter): Promise<IncidentRow[]> {
  let query = executor.selectFrom('incidents').selectAll().where(inWorkspaces(filter.workspaces))
    .orderBy('last_seen', 'desc').orderBy('incident_id', 'desc').limit(filter.limit);
  const { before } = filter;
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
  if (filter.severities !== undefined) query = query.where('severity', 'in', filter.severities);
  if (filter.key_id !== undefined) query = query.where('key_ids', '@>', JSON.stringify([filter.key_id]) as never);
  if (before !== undefined) {
    query = query.where((where) => where.or([
      where('last_seen', '<', before.last_seen),
      where.and([where('last_seen', '=', before.last_seen), where('incident_id', '<', before.incident_id)]),
    ]));
  }
  return query.execute();
}

export const findIncident = (executor: Executor, incidentId: string, workspaces: readonly string[] | null): Promise<IncidentRow | undefined> =>
  executor.selectFrom('incidents').selectAll().where('incident_id', '=', incidentId).where(inWorkspaces(workspaces)).executeTakeFirst();

export const lockIncident = (transaction: Executor, incidentId: string, workspaces: readonly string[] | null): Promise<IncidentRow | undefined> =>
  transaction.selectFrom('incidents').selectAll().where('incident_id', '=', incidentId).where(inWorkspaces(workspaces))
    .forUpdate().executeTakeFirst();

/** Any number; the same in every process that puts something into incidents. */
const CORRELATION_LOCK = 7_620_001;

/** One at a time: two findings about one key must not both find no incident. Held until the transaction ends; taken after keys and before incidents. */
export const lockCorrelation = async (transaction: Executor): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${CORRELATION_LOCK})`.execute(transaction);
};

/** The latest incident about a key that still takes findings. */
export const openIncidentOfKey = (transaction: Executor, workspace: string, keyId: string): Promise<IncidentRow | undefined> =>
  transaction.selectFrom('incidents').selectAll().where('workspace_id', '=', workspace).where('state', 'not in', ['resolved', 'false_positive'])
    .where('key_ids', '@>', JSON.stringify([keyId]) as never).orderBy('last_seen', 'desc').limit(1).forUpdate().executeTakeFirst();

/** What may tie findings to incidents. */
export interface PossibleTies {
  workspace: string;
  /** Incidents that lie within this span. */
  from: Date;
  to: Date;
  keys: readonly string[];
  addresses: readonly string[];
  fingerprints: readonly string[];
  new_addresses: readonly string[];
  agents: readonly string[];
  owners: readonly string[];
}

/** Addresses as a list of them has them where one is of the same network: of /24 by its beginning, of others any. */
const alikeAddress = (address: string): string => {
  const network = networkOf(address);
  return network.endsWith('.0/24') ? `%${network.slice(0, -'0/24'.length)}%` : '%';
};

/**
 * Incidents of a workspace that still take findings, lie near a span of time and share something with findings, locked; whether that ties them is for
 * `correlate` to say. All others stay where they are: there may be thousands.
 */
export const incidentsTiedTo = (transaction: Executor, { workspace, from, to, keys, addresses, fingerprints, new_addresses, agents, owners }: PossibleTies): Promise<IncidentRow[]> =>
  transaction.selectFrom('incidents').selectAll().where('workspace_id', '=', workspace).where('state', 'not in', ['resolved', 'false_positive'])
    .where('last_seen', '>=', from).where('first_seen', '<=', to)
    .where((where) => where.or([
      sharesOne('key_ids', keys), sharesOne('addresses', addresses), sharesOne('fingerprints', fingerprints), sql<boolean>`owner_id = ANY (${[...owners]}::text[])`,
      // Callers of one network that call themselves the same.
      where.and([sharesOne('agents', agents), sql<boolean>`new_addresses::text LIKE ANY (${[...new Set(new_addresses.map(alikeAddress))]}::text[])`]),
    ])).orderBy('incident_id').forUpdate().execute();

const sharesOne = (column: 'key_ids' | 'addresses' | 'fingerprints' | 'agents', values: readonly string[]) => sql<boolean>`${sql.ref(column)} ?| ${[...values]}::text[]`;

export const lockIncidents = (transaction: Executor, incidentIds: readonly string[]): Promise<IncidentRow[]> =>
  incidentIds.length === 0 ? Promise.resolve([])
    : transaction.selectFrom('incidents').selectAll().where('incident_id', 'in', [...incidentIds]).orderBy('incident_id').forUpdate().execute();

export const saveIncident = (transaction: Executor, row: IncidentRow): Promise<void> => saveIncidents(transaction, [row]);

const ROWS_A_STATEMENT = 200;

export async function saveIncidents(transaction: Executor, rows: readonly IncidentRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    const values = rows.slice(start, start + ROWS_A_STATEMENT).map((row) => ({
      ...row, key_ids: JSON.stringify(row.key_ids), addresses: JSON.stringify(row.addresses), rule_ids: JSON.stringify(row.rule_ids),
      new_addresses: JSON.stringify(row.new_addresses), agents: JSON.stringify(row.agents), fingerprints: JSON.stringify(row.fingerprints),
    }));
    const columns = Object.keys(values[0]!).filter((column) => column !== 'incident_id') as (keyof IncidentTable)[];
    await transaction.insertInto('incidents').values(values).onConflict((conflict) => conflict.column('incident_id')
      .doUpdateSet((excluded) => Object.fromEntries(columns.map((column) => [column, excluded.ref(`excluded.${column}`)])))).execute();
  }
}

/** Where a finding was put and what the timeline has told of it; without an incident it is where it was. */
export type PlacedFinding = Pick<FindingRow, 'finding_id'> & Partial<Pick<FindingRow, 'incident_id' | 'told_severity' | 'told_count' | 'told_growths'>>;

/** Findings wait no more. */
export async function markPlaced(transaction: Executor, placed: readonly PlacedFinding[]): Promise<void> {
  if (placed.length === 0) return;
  await transaction.updateTable('findings').set({ awaits_correlation: false }).where('finding_id', 'in', placed.map(({ finding_id }) => finding_id)).execute();
  const put = placed.filter(({ incident_id }) => incident_id !== undefined);
  const of = <Name extends keyof PlacedFinding>(name: Name) => put.map((one) => one[name]);
  await sql`UPDATE findings f SET incident_id = v.incident_id, told_severity = v.told_severity, told_count = v.told_count, told_growths = v.told_growths
    FROM unnest(${of('finding_id')}::text[], ${of('incident_id')}::text[], ${of('told_severity')}::text[], ${of('told_count')}::float8[], ${of('told_growths')}::integer[])
      AS v (finding_id, incident_id, told_severity, told_count, told_growths) WHERE f.finding_id = v.finding_id`.execute(transaction);
}

/** Findings that are in an incident or were when it was closed, oldest first; the gravest ones where there are more than so many. */
export async function findingsOf(executor: Executor, incidentId: string, limit: number): Promise<FindingRow[]> {
  const rows = await executor.selectFrom('findings').selectAll().where((where) => where.or([
    where('incident_id', '=', incidentId),
    where('finding_id', 'in', where.selectFrom('incident_timeline').select('finding_id').where('incident_id', '=', incidentId).where('finding_id', 'is not', null)),
  ])).orderBy(sql`array_position(ARRAY['critical', 'high', 'medium', 'low'], severity)`).orderBy('first_seen').orderBy('finding_id').limit(limit).execute();
  return rows.sort((a, b) => a.first_seen.getTime() - b.first_seen.getTime() || (a.finding_id < b.finding_id ? -1 : 1));
}

/** Closed incidents of a workspace that were opened since a moment, latest first; none that was merged into another. What they are told from each other by. */
export const closedIncidentsSince = (executor: Executor, workspace: string, since: Date, limit: number) =>
  executor.selectFrom('incidents')
    .select(['incident_id', 'title', 'title_key_id', 'severity', 'state', 'opened_at', 'closed_at', 'key_ids', 'owner_id', 'owner_name', 'new_addresses', 'agents', 'rule_ids'])
    .where('workspace_id', '=', workspace).where('state', 'in', ['resolved', 'false_positive']).where('merged_into', 'is', null)
    .where('opened_at', '>=', since).orderBy('opened_at', 'desc').limit(limit).execute();

/** What people wrote last about incidents: a note, or why they closed it. */
export async function lastNotesOf(executor: Executor, incidentIds: readonly string[]): Promise<Map<string, string>> {
  if (incidentIds.length === 0) return new Map();
  const rows = await executor.selectFrom('incident_timeline').select(['incident_id', 'text']).distinctOn('incident_id').where('incident_id', 'in', [...incidentIds])
    .where((where) => where.or([where('kind', '=', 'note'), where.and([where('kind', '=', 'state'), where('text', 'like', '%: %')])]))
    .orderBy('incident_id').orderBy('entry_id', 'desc').execute();
  return new Map(rows.map(({ incident_id, text }) => [incident_id, text]));
}

/** When incidents of workspaces that were opened in a span came to what; not those that were merged into others. */
export const momentsOf = (executor: Executor, workspaces: readonly string[] | null, from: Date, to: Date) =>
  executor.selectFrom('incidents').select(['severity', 'state', 'first_seen', 'opened_at', 'acknowledged_at', 'contained_at', 'closed_at'])
    .where(inWorkspaces(workspaces)).where('merged_into', 'is', null).where('opened_at', '>=', from).where('opened_at', '<', to).orderBy('opened_at').execute();

/** Whether a key of a workspace, or one that is good in all, is neither revoked nor expired. One that the registry does not hold works, for all that is known. */
export async function keyWorks(transaction: Executor, workspace: string, keyId: string, now: Date): Promise<boolean> {
  const key = await transaction.selectFrom('credentials').select(['revoked_at', 'expires_at']).where('key_id', '=', keyId)
    .where((where) => where.or([where('workspace_id', '=', workspace), where('workspace_id', 'is', null)])).executeTakeFirst();
  return key === undefined || keyState(key, now) === 'active';
}

export const environmentOf = async (executor: Executor, workspace: string): Promise<Environment | null> =>
  (await executor.selectFrom('workspaces').select('environment').where('workspace_id', '=', workspace).executeTakeFirst())?.environment ?? null;

/** What the registry says of an owner now. */
export const ownerOf = (executor: Executor, ownerId: string) =>
  executor.selectFrom('owners').select(['name', 'contact', 'status', 'escalation']).where('owner_id', '=', ownerId).executeTakeFirst();

export type NewTimelineEntry = Omit<TimelineEntry, 'at'> & { incident_id: string; at: Date };

/** In their order. */
export async function addToTimeline(transaction: Executor, entries: readonly NewTimelineEntry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += ROWS_A_STATEMENT) {
    await transaction.insertInto('incident_timeline').values(entries.slice(start, start + ROWS_A_STATEMENT)).execute();
  }
}

/** Its entries stay as they were read, and lead to findings no more that are now those of another incident. */
export const forgetInTimeline = async (transaction: Executor, incidentId: string, findingIds: readonly string[]): Promise<void> => {
  await transaction.updateTable('incident_timeline').set({ finding_id: null }).where('incident_id', '=', incidentId).where('finding_id', 'in', [...findingIds]).execute();
};

const FIRST_ENTRIES = 100;
const LATEST_ENTRIES = 900;

/** Oldest first: how it began, and what came last. Of a very long timeline the middle is left out. */
export async function timelineOf(executor: Executor, incidentId: string): Promise<TimelineEntry[]> {
  const entries = executor.selectFrom('incident_timeline').select(['entry_id', 'at', 'kind', 'actor', 'text', 'finding_id']).where('incident_id', '=', incidentId);
  const latest = (await entries.orderBy('entry_id', 'desc').limit(LATEST_ENTRIES).execute()).reverse();
  const first = latest.length < LATEST_ENTRIES ? [] : await entries.where('entry_id', '<', latest[0]!.entry_id).orderBy('entry_id').limit(FIRST_ENTRIES).execute();
  return [...first, ...latest].map(({ entry_id: _, ...row }) => ({ ...row, at: row.at.toISOString() }));
}

const MOST_PARTS = 500;

/** Ids of what was done about an incident and its keys, latest first: containments with both keys and their bulk orders, and reports of leaks. */
export async function partsOf(executor: Executor, incidentId: string, keyIds: readonly string[]): Promise<string[]> {
  const ofKeys = keyIds.length === 0 ? [''] : [...keyIds];
  const contained = await executor.selectFrom('containments').select(['containment_id', 'key_id', 'successor_id', 'bulk_id'])
    .where((where) => where.or([where('incident_id', '=', incidentId), where('key_id', 'in', ofKeys)])).orderBy('containment_id', 'desc').limit(MOST_PARTS).execute();
  const leaked = await executor.selectFrom('leaked_keys').select(['leak_id', 'key_id']).where('incident_id', '=', incidentId).orderBy('leak_id', 'desc').limit(MOST_PARTS).execute();
  return [...new Set([...contained, ...leaked].flatMap((row) => Object.values(row)))].filter((id) => id !== null);
}

export const presentIncident = (row: IncidentRow): IncidentSummary => ({
  incident_id: row.incident_id, workspace_id: row.workspace_id, title: titleWithOthers(row.title, row.title_key_id, row.key_ids), severity: row.severity, state: row.state,
  owner: row.owner_name === null ? null : { owner_id: row.owner_id, name: row.owner_name, contact: row.owner_contact },
  key_ids: row.key_ids, addresses: row.addresses, rule_ids: row.rule_ids, findings: row.findings,
  first_seen: row.first_seen.toISOString(), last_seen: row.last_seen.toISOString(), opened_at: row.opened_at.toISOString(),
  updated_at: row.updated_at.toISOString(), acknowledged_at: row.acknowledged_at?.toISOString() ?? null, contained_at: row.contained_at?.toISOString() ?? null,
  closed_at: row.closed_at?.toISOString() ?? null, merged_into: row.merged_into,
});

/** Keys that findings of an incident are about: there may be more than the incident names. */
export const countKeys = async (executor: Executor, incidentId: string): Promise<number> => {
  const { n } = await executor.selectFrom('findings').select(({ fn }) => fn.count<number>('key_id').distinct().as('n')).where('incident_id', '=', incidentId).where('key_id', '<>', '').executeTakeFirstOrThrow();
  return Number(n);
};
