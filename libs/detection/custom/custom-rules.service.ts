import { Injectable, Logger, Optional } from '@nestjs/common';
import { Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import type { Arrival } from '../arrival.js';
import { spansOf } from '../slices.js';
import { Tuning } from '../tuning/tuning.service.js';
import { tuningVersion } from '../tuning/tuning.store.js';
import type { CallerActivity, FindingDraft } from '../types.js';
import { CustomRuleStore, type ArrivedSpan } from './custom-rule.store.js';
import { draftOf } from './draft.js';
import { readRules } from './read-rules.js';
import { tunableOf, type CustomRule } from './rule.js';

/** Rules of the folder that the process was told of. */
export class FolderRules {
  constructor(readonly rules: readonly CustomRule[]) {}
}

interface PlacedRule { rule: CustomRule; workspace_id: string | null }

/** Asks the rules that people wrote about what arrived. One that fails is reported and left out. */
@Injectable()
export class CustomRules {
  private readonly logger = new Logger('detection');
  private stored: PlacedRule[] = [];
  private tried: PlacedRule[] = [];
  private version = -1;

  constructor(
    private readonly database: Database, private readonly store: CustomRuleStore, private readonly tuning: Tuning, private readonly metrics: Metrics,
    @Optional() private readonly folder?: FolderRules,
  ) {}

  /** Rules that are asked beside those that are stored, in place of one with the same id. For a backtest. */
  tryOut(rules: readonly CustomRule[], workspaceId: string | null): void {
    this.tried = rules.map((rule) => ({ rule, workspace_id: workspaceId }));
  }

  async find(arrival: Arrival, arrived: readonly CallerActivity[]): Promise<FindingDraft[]> {
    await this.refresh();
    const rules = [...(this.folder?.rules ?? []).map((rule) => ({ rule, workspace_id: null })), ...this.stored];
    const asked = [...rules.filter(({ rule }) => !this.tried.some((one) => one.rule.id === rule.id)), ...this.tried];
    if (asked.length === 0) return [];
    const drafts: FindingDraft[] = [];
    for (const span of spansOf(arrived)) for (const placed of asked) drafts.push(...await this.ask(placed, { ...span, arrival }));
    return drafts;
  }

  /** A rule that counts is asked once for each number that is set of it, here or there; each answer counts where its number does. */
  private async ask({ rule, workspace_id }: PlacedRule, span: Omit<ArrivedSpan, 'workspace_id'>): Promise<FindingDraft[]> {
    const tunable = tunableOf(rule);
    const drafts: FindingDraft[] = [];
    try {
      for (const at_least of new Set(this.tuning.variantsOf(tunable).map((settings) => settings.at_least))) {
        const asked = rule.correlation === null || at_least === undefined ? rule : { ...rule, correlation: { ...rule.correlation, at_least: Math.max(1, Math.ceil(at_least)) } };
        const found = (await this.store.fitting(asked, { ...span, workspace_id })).map((one) => draftOf(asked, one));
        drafts.push(...found.filter((draft) => {
          const settings = this.tuning.settingsOf(tunable, draft);
          return settings !== null && settings.at_least === at_least;
        }));
      }
    } catch (error) {
      this.metrics.ruleFailures.inc({ rule: tunable.id });
      this.logger.error(`the rule ${tunable.id} failed`, error instanceof Error ? error.stack : undefined);
      return [];
    }
    return this.tuning.kept(drafts);
  }

  private async refresh(): Promise<void> {
    const version = await tuningVersion(this.database);
    if (version === this.version) return;
    const rows = await this.database.selectFrom('custom_rules').select(['workspace_id', 'source']).orderBy('custom_rule_id').execute();
    this.stored = rows.flatMap(({ workspace_id, source }) => readRules(source).map((rule) => ({ rule, workspace_id })));
    this.version = version;
  }
}
