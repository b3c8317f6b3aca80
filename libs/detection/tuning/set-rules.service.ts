import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { RuleOf, SetRule } from '@keytrail/contracts';
import { Registry } from '@keytrail/credentials';
import { Clock, badRequest, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { TunableRules, type TunableRule } from '../custom/tunable-rules.service.js';
import { effectiveRule } from './effective.js';
import { checkedNetwork, checkedUserAgent } from './held-back.js';
import { checkedSetting } from './rule-settings.js';
import { noteTuningChange, saveTuning, tuningsOf, type RuleTuningRow } from './tuning.store.js';

/** Of a workspace; of one of its keys. null = of the workspace as a whole. */
export interface TunedPlace {
  workspace_id: string;
  key_id: string | null;
}

const WHOLE_WORKSPACE = '';

/** The rules as workspaces and keys want them. */
@Injectable()
export class SetRules {
  constructor(
    private readonly database: Database, private readonly registry: Registry, private readonly rules: TunableRules, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail,
  ) {}

  async list(scope: WorkspaceScope, place: TunedPlace): Promise<RuleOf[]> {
    await this.registry.workspace(scope, place.workspace_id);
    const rows = await tuningsOf(this.database, place.workspace_id, place.key_id);
    return (await this.rules.of(place.workspace_id)).map((rule) => presentRule(rule, place, rows));
  }

  /** Takes the place of what was set before. Throws 404 for a rule or workspace there is not, 400 for a setting the rule has not. */
  async set(caller: Caller, place: TunedPlace, rule: string, { reason, ...wanted }: SetRule): Promise<RuleOf> {
    await this.registry.workspace(caller.scope, place.workspace_id);
    const tunable = (await this.rules.of(place.workspace_id)).find(({ id }) => id === rule);
    if (tunable === undefined) throw notFound('rule');
    const set = checked(tunable, wanted);
    return this.database.transaction().execute(async (transaction) => {
      await noteTuningChange(transaction);
      const before = await ownRow(transaction, place, rule);
      const row: RuleTuningRow = { ...this.emptyRow(caller, place, rule), ...set };
      await saveTuning(transaction, row);
      await this.record(transaction, caller, before, row, reason);
      return presentRule(tunable, place, await tuningsOf(transaction, place.workspace_id, place.key_id));
    });
  }

  /** Adds to what is allowed, in a transaction that is open already; answers what was not allowed before. */
  async allow(transaction: Executor, caller: Caller, place: TunedPlace, rule: string, more: Pick<RuleTuningRow, 'allow_networks' | 'allow_user_agents'>, reason: string) {
    await noteTuningChange(transaction);
    const before = await ownRow(transaction, place, rule);
    const row = before ?? this.emptyRow(caller, place, rule);
    const added = {
      allow_networks: more.allow_networks.filter((one) => !row.allow_networks.includes(one)),
      allow_user_agents: more.allow_user_agents.filter((one) => !row.allow_user_agents.includes(one)),
    };
    const after = {
      ...row, allow_networks: [...row.allow_networks, ...added.allow_networks], allow_user_agents: [...row.allow_user_agents, ...added.allow_user_agents],
      updated_at: this.clock.date(), updated_by: caller.actor,
    };
    await saveTuning(transaction, after);
    await this.record(transaction, caller, before, after, reason);
    return added;
  }

  private emptyRow(caller: Caller, { workspace_id, key_id }: TunedPlace, rule_id: string): RuleTuningRow {
    return {
      workspace_id, key_id: key_id ?? WHOLE_WORKSPACE, rule_id, enabled: null, severity: null, settings: {}, allow_networks: [], allow_user_agents: [],
      updated_at: this.clock.date(), updated_by: caller.actor,
    };
  }

  private record(transaction: Executor, caller: Caller, before: RuleTuningRow | undefined, after: RuleTuningRow, reason: string | undefined): Promise<void> {
    return this.auditTrail.record(transaction, caller, {
      action: 'rule.tuned', object_type: 'rule', object_id: after.rule_id, workspace_id: after.workspace_id, ...(reason !== undefined && { reason }),
      detail: { key_id: after.key_id || null, before: before === undefined ? null : setOf(before), after: setOf(after) },
    });
  }
}

const setOf = ({ enabled, severity, settings, allow_networks, allow_user_agents }: RuleTuningRow) => ({ enabled, severity, settings, allow_networks, allow_user_agents });

async function ownRow(transaction: Executor, { workspace_id, key_id }: TunedPlace, rule: string): Promise<RuleTuningRow | undefined> {
  const rows = await tuningsOf(transaction, workspace_id, key_id);
  return rows.find((row) => row.rule_id === rule && row.key_id === (key_id ?? WHOLE_WORKSPACE));
}

function checked({ id: rule, settings: shipped }: TunableRule, { enabled, severity, settings, allow_networks, allow_user_agents }: Omit<SetRule, 'reason'>) {
  const read = <T>(field: string, one: () => T): T => {
    try {
      return one();
    } catch (error) {
      if (error instanceof TypeError) throw badRequest('invalid_tuning', error.message, [{ field, message: error.message }]);
      throw error;
    }
  };
  return {
    enabled: enabled ?? null, severity: severity ?? null,
    settings: Object.fromEntries(Object.entries(settings ?? {}).map(([name, value]) => [name, read(`settings.${name}`, () => checkedSetting(new Map([[rule, shipped]]), rule, name, value))])),
    allow_networks: (allow_networks ?? []).map((network) => read('allow_networks', () => checkedNetwork(network))),
    allow_user_agents: (allow_user_agents ?? []).map((agent) => read('allow_user_agents', () => checkedUserAgent(agent))),
  };
}

function presentRule({ id, title, settings: defaults }: TunableRule, { workspace_id, key_id }: TunedPlace, rows: readonly RuleTuningRow[]): RuleOf {
  const sets = rows.filter((row) => row.rule_id === id).sort((a, b) => a.key_id.length - b.key_id.length);
  const { enabled, severity, settings, allow } = effectiveRule(defaults, sets);
  return {
    rule_id: id, title, workspace_id, key_id, enabled, severity, settings: settings as RuleOf['settings'], defaults: defaults as RuleOf['defaults'],
    allow_networks: [...allow.networks], allow_user_agents: [...allow.user_agents],
  };
}
