import { Injectable } from '@nestjs/common';
import { sql, type Selectable } from 'kysely';
import type { Finding, FindingPage, FindingQuery } from '@keytrail/contracts';
import { Clock, Metrics, decodeCursor, encodeCursor, newId, timePosition, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor, type FindingTable } from '@keytrail/postgres';
import { EPISODE_GAP_MS, LASTING_GAP_MS, type KnownFinding } from './merge-finding.js';
import { ruleCatalogue, ruleInfo } from './rules/index.js';
import type { FindingChanges } from './step-findings.js';
import type { FindingDraft } from './types.js';

export type FindingRow = Selectable<FindingTable>;

const Position = timePosition('fnd');
const FINDINGS_A_PAGE = 500;

const LASTING = ruleCatalogue.filter(({ lasting }) => lasting === true).map(({ id }) => id);

/** Findings in Postgres. */
@Injectable()
export class FindingStore {
  constructor(private readonly database: Database, private readonly clock: Clock, private readonly metrics: Metrics) {}

  /** Findings about a key ('' = about callers) that may go on at `from`. */
  async goingOn(workspace: string, keyId: string, from: number): Promise<KnownFinding[]> {
    const rows = await this.database.selectFrom('findings').selectAll().where('workspace_id', '=', workspace).where('key_id', '=', keyId)
      .where((where) => where.or([
        where('last_seen', '>=', new Date(from - EPISODE_GAP_MS)),
        where.and([where('rule_id', 'in', LASTING), where('last_seen', '>=', new Date(from - LASTING_GAP_MS))]),
      ])).orderBy('last_seen', 'desc').limit(100).execute();
    return rows.map((row) => ({ ...row, first_seen: row.first_seen.getTime(), last_seen: row.last_seen.getTime() }));
  }

  /** Findings about a key that lie between two moments, if only in part, and that nobody called no threat. Epoch milliseconds. */
  async between(workspace: string, keyId: string, from: number, to: number): Promise<Pick<KnownFinding, 'rule_id' | 'title' | 'severity' | 'last_seen'>[]> {
    const rows = await this.database.selectFrom('findings').select(['rule_id', 'title', 'severity', 'last_seen']).where('workspace_id', '=', workspace).where('key_id', '=', keyId)
      .where('last_seen', '>=', new Date(from)).where('first_seen', '<=', new Date(to)).where('not_a_threat', 'is', null).limit(100).execute();
    return rows.map((row) => ({ ...row, last_seen: row.last_seen.getTime() }));
  }

  /** Of the stories that drafts may go on with the latest finding each. */
  async latestOf(drafts: readonly Pick<FindingDraft, 'workspace_id' | 'rule_id' | 'episode'>[]): Promise<(KnownFinding & Pick<FindingDraft, 'key_id'>)[]> {
    if (drafts.length === 0) return [];
    const values = (name: 'workspace_id' | 'rule_id' | 'episode') => drafts.map((draft) => draft[name]);
    const rows = await this.database.selectFrom('findings').selectAll().distinctOn(['workspace_id', 'rule_id', 'episode'])
      .where(sql<boolean>`(workspace_id, rule_id, episode) IN (SELECT * FROM unnest(${values('workspace_id')}::text[], ${values('rule_id')}::text[], ${values('episode')}::text[]))`)
      .orderBy('workspace_id').orderBy('rule_id').orderBy('episode').orderBy('last_seen', 'desc').execute();
    return rows.map((row) => ({ ...row, first_seen: row.first_seen.getTime(), last_seen: row.last_seen.getTime() }));
  }

  /** Writes down what was found in a step, and counts what is new. */
  async save(transaction: Executor, { added, extended }: FindingChanges): Promise<void> {
    for (const draft of added) await this.add(transaction, draft);
    for (const finding of extended) await this.extend(transaction, finding);
    for (const draft of added) this.metrics.findings.inc({ rule: draft.rule_id });
  }

  private async add(transaction: Executor, draft: FindingDraft): Promise<void> {
    await transaction.insertInto('findings').values({
      ...draft, finding_id: newId('fnd'), addresses: JSON.stringify(draft.addresses), evidence: JSON.stringify(draft.evidence),
      first_seen: new Date(draft.first_seen), last_seen: new Date(draft.last_seen), incident_id: null, detected_at: this.clock.date(),
      awaits_correlation: ruleInfo(draft.rule_id)?.incident !== 'apart',
    }).execute();
  }

  private async extend(transaction: Executor, finding: KnownFinding): Promise<void> {
    await transaction.updateTable('findings').set({
      severity: finding.severity, title: finding.title, summary: finding.summary, principal: finding.principal,
      addresses: JSON.stringify(finding.addresses), evidence: JSON.stringify(finding.evidence), first_seen: new Date(finding.first_seen),
      last_seen: new Date(finding.last_seen), awaits_correlation: ruleInfo(finding.rule_id)?.incident !== 'apart',
    }).where('finding_id', '=', finding.finding_id).execute();
  }

  /** Every finding, earliest first, a page in memory at a time. */
  async *each(): AsyncGenerator<FindingRow> {
    let after: FindingRow | undefined;
    do {
      let select = this.database.selectFrom('findings').selectAll().orderBy('first_seen').orderBy('finding_id').limit(FINDINGS_A_PAGE);
      if (after !== undefined) select = select.where(sql<boolean>`(first_seen, finding_id) > (${after.first_seen}, ${after.finding_id})`);
      const page = await select.execute();
      yield* page;
      after = page.length === FINDINGS_A_PAGE ? page.at(-1) : undefined;
    } while (after !== undefined);
  }

  /** Every finding in the order that `changesBetween` compares in, a page in memory at a time. */
  async *eachBySubject(): AsyncGenerator<FindingRow> {
    const order = sql`workspace_id COLLATE "C", key_id COLLATE "C", rule_id COLLATE "C", episode COLLATE "C", first_seen, finding_id`;
    let after: FindingRow | undefined;
    do {
      let select = this.database.selectFrom('findings').selectAll().orderBy(order).limit(FINDINGS_A_PAGE);
      if (after !== undefined) {
        select = select.where(sql<boolean>`(${order}) > (${after.workspace_id}, ${after.key_id}, ${after.rule_id}, ${after.episode}, ${after.first_seen}, ${after.finding_id})`);
      }
      const page = await select.execute();
      yield* page;
      after = page.length === FINDINGS_A_PAGE ? page.at(-1) : undefined;
    } while (after !== undefined);
  }

  /** Latest first. */
  async list(scope: WorkspaceScope, query: FindingQuery): Promise<FindingPage> {
    let select = this.database.selectFrom('findings').selectAll().where(inWorkspaces(scope.narrow(query.workspace)))
      .orderBy('last_seen', 'desc').orderBy('finding_id', 'desc').limit(query.limit + 1);
    if (query.key_id !== undefined) select = select.where('key_id', '=', query.key_id);
    if (query.rule_id !== undefined) select = select.where('rule_id', '=', query.rule_id);
    if (query.cursor !== undefined) {
      const [time, id] = decodeCursor(Position, query.cursor);
      const last = new Date(time);
      select = select.where((where) => where.or([
        where('last_seen', '<', last), where.and([where('last_seen', '=', last), where('finding_id', '<', id)]),
      ]));
    }
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      data: shown.map(presentFinding),
      next_cursor: rows.length > query.limit && last !== undefined ? encodeCursor([last.last_seen.getTime(), last.finding_id]) : null,
    };
  }
}

export const presentFinding = (row: FindingRow): Finding => ({
  finding_id: row.finding_id, rule_id: row.rule_id, title: row.title, severity: row.severity, workspace_id: row.workspace_id, key_id: row.key_id,
  principal: row.principal, addresses: row.addresses, first_seen: row.first_seen.toISOString(), last_seen: row.last_seen.toISOString(),
  summary: row.summary, evidence: row.evidence, incident_id: row.incident_id, detected_at: row.detected_at.toISOString(),
  not_a_threat: row.not_a_threat,
});
