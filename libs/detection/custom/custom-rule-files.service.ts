import { Injectable } from '@nestjs/common';
import type { Selectable } from 'kysely';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateCustomRule, CustomRuleFile, CustomRulePage, CustomRuleQuery } from '@keytrail/contracts';
import { Registry } from '@keytrail/credentials';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type CustomRuleTable } from '@keytrail/postgres';
import { noteTuningChange } from '../tuning/tuning.store.js';
import { CustomRuleStore } from './custom-rule.store.js';
import { readRules } from './read-rules.js';
import { findingRuleId, type CustomRule } from './rule.js';
import { SigmaError } from './sigma-error.js';

const Position = idPosition('crl');
const MOST_FILES = 200;

/** Rules that people send. */
@Injectable()
export class CustomRuleFiles {
  constructor(
    private readonly database: Database, private readonly store: CustomRuleStore, private readonly registry: Registry, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail,
  ) {}

  /** Throws 400 with what is not supported, 409 when a rule of that id is there. */
  async create(caller: Caller, { workspace, source }: CreateCustomRule): Promise<CustomRuleFile> {
    if (workspace === undefined) caller.scope.assertAll('make rules for every workspace');
    else await this.registry.workspace(caller.scope, workspace);
    const rules = await this.understood(source);
    const row: Selectable<CustomRuleTable> = {
      custom_rule_id: newId('crl'), workspace_id: workspace ?? null, source, created_at: this.clock.date(), created_by: caller.actor,
    };
    await this.database.transaction().execute(async (transaction) => {
      await noteTuningChange(transaction);
      const others = await transaction.selectFrom('custom_rules').select('source').execute();
      if (others.length >= MOST_FILES) throw conflict('too_many_rules', `There are ${MOST_FILES} files of rules already.`);
      const taken = new Set(others.flatMap((other) => readRules(other.source).map(({ id }) => id)));
      const twice = rules.find(({ id }) => taken.has(id));
      if (twice !== undefined) throw conflict('rule_exists', `There is a rule with the id ${twice.id}.`);
      await transaction.insertInto('custom_rules').values(row).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'custom_rule.created', object_type: 'custom_rule', object_id: row.custom_rule_id, workspace_id: row.workspace_id,
        detail: { rules: rules.map(findingRuleId) },
      });
    });
    return present(row);
  }

  async list(scope: WorkspaceScope, query: CustomRuleQuery): Promise<CustomRulePage> {
    let select = this.database.selectFrom('custom_rules').selectAll().where(inWorkspaces(scope.narrow(query.workspace))).orderBy('custom_rule_id', 'desc').limit(query.limit + 1);
    if (query.cursor !== undefined) select = select.where('custom_rule_id', '<', decodeCursor(Position, query.cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return { data: shown.map(present), next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)!.custom_rule_id) : null };
  }

  async remove(caller: Caller, id: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      await noteTuningChange(transaction);
      const row = await transaction.deleteFrom('custom_rules').where('custom_rule_id', '=', id).where(inWorkspaces(caller.scope.ids)).returningAll().executeTakeFirst();
      if (row === undefined) throw notFound('rule');
      await this.auditTrail.record(transaction, caller, {
        action: 'custom_rule.removed', object_type: 'custom_rule', object_id: id, workspace_id: row.workspace_id, detail: { source: row.source },
      });
    });
  }

  private async understood(source: string): Promise<CustomRule[]> {
    try {
      const rules = readRules(source);
      for (const rule of rules) await this.store.check(rule);
      return rules;
    } catch (error) {
      if (error instanceof SigmaError) throw badRequest('invalid_rule', error.message, [{ field: 'source', message: error.message }]);
      throw error;
    }
  }
}

const present = (row: Selectable<CustomRuleTable>): CustomRuleFile => ({
  custom_rule_id: row.custom_rule_id, workspace_id: row.workspace_id, source: row.source, created_at: row.created_at.toISOString(), created_by: row.created_by,
  rules: readRules(row.source).map((rule) => ({ rule_id: findingRuleId(rule), title: rule.title, severity: rule.severity })),
});
