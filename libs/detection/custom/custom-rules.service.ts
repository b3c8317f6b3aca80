import { Injectable, Logger, Optional } from '@nestjs/common';
import { Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import type { Arrival } from '../arrival.js';
import { spansOf } from '../slices.js';
import { Tuning } from '../tuning/tuning.service.js';
import { tuningVersion } from '../tuning/tuning.store.js';
import type { CallerActivity, FindingDraft } from '../types.js';
import { CustomRuleStore } from './custom-rule.store.js';
import { draftOf } from './draft.js';
import { readRules } from './read-rules.js';
import { findingRuleId, type CustomRule } from './rule.js';

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
  private version = -1;

  constructor(
    private readonly database: Database, private readonly store: CustomRuleStore, private readonly tuning: Tuning, private readonly metrics: Metrics,
    @Optional() private readonly folder?: FolderRules,
  ) {}

  async find(arrival: Arrival, arrived: readonly CallerActivity[]): Promise<FindingDraft[]> {
    await this.refresh();
    const rules = [...(this.folder?.rules ?? []).map((rule) => ({ rule, workspace_id: null })), ...this.stored];
    if (rules.length === 0) return [];
    const drafts: FindingDraft[] = [];
    for (const span of spansOf(arrived)) {
      for (const { rule, workspace_id } of rules) {
        const fitting = await this.store.fitting(rule, { ...span, arrival, workspace_id }).catch((error: unknown) => {
          this.metrics.ruleFailures.inc({ rule: findingRuleId(rule) });
          this.logger.error(`the rule ${findingRuleId(rule)} failed`, error instanceof Error ? error.stack : undefined);
          return [];
        });
        drafts.push(...this.tuning.kept(fitting.map((one) => draftOf(rule, one))));
      }
    }
    return drafts;
  }

  private async refresh(): Promise<void> {
    const version = await tuningVersion(this.database);
    if (version === this.version) return;
    const rows = await this.database.selectFrom('custom_rules').select(['workspace_id', 'source']).orderBy('custom_rule_id').execute();
    this.stored = rows.flatMap(({ workspace_id, source }) => readRules(source).map((rule) => ({ rule, workspace_id })));
    this.version = version;
  }
}
