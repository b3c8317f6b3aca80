import { Injectable, Optional } from '@nestjs/common';
import { Database } from '@keytrail/postgres';
import { ruleCatalogue, ruleDefaults } from '../rules/index.js';
import type { RuleDefaults, RuleSettings } from '../tuning/rule-settings.js';
import { FolderRules } from './custom-rules.service.js';
import { readRules } from './read-rules.js';
import { tunableOf, type CustomRule } from './rule.js';

/** A rule with what it ships with. */
export interface TunableRule { id: string; title: string; settings: RuleSettings }

/** Every rule that may be set: those of Keytrail, and those that people wrote as far as this process knows them. */
@Injectable()
export class TunableRules {
  constructor(private readonly database: Database, @Optional() private readonly folder?: FolderRules) {}

  /** Of a workspace; null = of all together. */
  async of(workspace: string | null): Promise<TunableRule[]> {
    let select = this.database.selectFrom('custom_rules').select('source').orderBy('custom_rule_id');
    if (workspace !== null) select = select.where((where) => where.or([where('workspace_id', '=', workspace), where('workspace_id', 'is', null)]));
    const own = [...(this.folder?.rules ?? []), ...(await select.execute()).flatMap(({ source }) => readRules(source))].map(tunableOf);
    return [...ruleCatalogue.map(({ id, title }) => ({ id, title, settings: ruleDefaults.get(id)! })), ...own];
  }

  async defaults(workspace: string | null): Promise<RuleDefaults> {
    return new Map((await this.of(workspace)).map(({ id, settings }) => [id, settings]));
  }
}

/** What the rules of Keytrail and some that people wrote ship with. */
export const defaultsWith = (own: readonly CustomRule[]): RuleDefaults => new Map([...ruleDefaults, ...own.map(tunableOf).map(({ id, settings }) => [id, settings] as const)]);
