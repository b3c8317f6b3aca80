import { Injectable } from '@nestjs/common';
import { Database } from '@keytrail/postgres';
import type { FindingDraft } from '../types.js';
import { effectiveRule, type SetOfRule } from './effective.js';
import { isAllowed, isSuppressed, type Suppressed } from './held-back.js';
import { allSuppressions, allTunings, tuningVersion } from './tuning.store.js';
import type { AssumedSettings } from './what-if.js';

interface Tunable<Settings> { id: string; settings: Settings }

/** Whom a rule is asked about. */
export interface TuningSubject {
  workspace_id: string;
  /** Empty: callers and not one key. */
  key_id: string;
}

/** What people set of the rules, in memory; `refresh` reads it again when it has changed. */
@Injectable()
export class Tuning {
  private assumed: AssumedSettings = new Map();
  private sets = new Map<string, SetOfRule>();
  private suppressed = new Map<string, Suppressed[]>();
  private version = -1;

  constructor(private readonly database: Database) {}

  /** From now on these settings count before all others. For a process that detects for no other purpose. */
  assume(settings: AssumedSettings): void {
    this.assumed = settings;
  }

  async refresh(): Promise<void> {
    const version = await tuningVersion(this.database);
    if (version === this.version) return;
    // Read after the version: at worst newer than it, and read once more.
    this.sets = new Map((await allTunings(this.database)).map((row) => [nameOf(row.workspace_id, row.key_id, row.rule_id), { ...row }]));
    const suppressed = new Map<string, Suppressed[]>();
    for (const { workspace_id, key_id, rule_id, starts_at, ends_at } of await allSuppressions(this.database)) {
      const others = suppressed.get(workspace_id) ?? [];
      suppressed.set(workspace_id, [...others, { workspace_id, key_id, rule_id, from: starts_at.getTime(), to: ends_at.getTime() }]);
    }
    this.suppressed = suppressed;
    this.version = version;
  }

  /** The settings a rule is to judge by; null: it is off. */
  settingsOf<Settings>(rule: Tunable<Settings>, subject: TuningSubject): Settings | null {
    if (this.sets.size === 0 && this.assumed.size === 0) return rule.settings;
    const sets = this.setsOf(rule.id, subject);
    if (sets.findLast(({ enabled }) => enabled !== null)?.enabled === false) return null;
    const assumed = this.assumed.get(rule.id);
    if (sets.length === 0 && assumed === undefined) return rule.settings;
    return Object.assign({}, rule.settings, ...sets.map(({ settings }) => settings), assumed) as Settings;
  }

  /** Every settings that count for a rule somewhere. */
  variantsOf<Settings>(rule: Tunable<Settings>): Settings[] {
    const assumed = this.assumed.get(rule.id);
    const places = [...this.sets.keys()].map((name) => name.split('\0') as [string, string, string]).filter(([, , id]) => id === rule.id);
    const sets = places.flatMap(([workspace_id, key_id]) => this.settingsOf(rule, { workspace_id, key_id }) ?? []);
    return [Object.assign({}, rule.settings, assumed) as Settings, ...sets];
  }

  /** Of what the rules found, what is to be told, graded as it was set. */
  kept(drafts: readonly FindingDraft[]): FindingDraft[] {
    return drafts.flatMap((draft) => {
      if (this.suppressed.get(draft.workspace_id)?.some((one) => isSuppressed(draft, one))) return [];
      const sets = this.setsOf(draft.rule_id, draft);
      if (sets.length === 0) return [draft];
      const { severity, allow } = effectiveRule({}, sets);
      return isAllowed(draft, allow) ? [] : [{ ...draft, severity: severity ?? draft.severity }];
    });
  }

  private setsOf(rule: string, { workspace_id, key_id }: TuningSubject): SetOfRule[] {
    if (this.sets.size === 0) return [];
    const names = key_id === '' ? [''] : ['', key_id];
    return names.flatMap((name) => this.sets.get(nameOf(workspace_id, name, rule)) ?? []);
  }
}

const nameOf = (workspace: string, key: string, rule: string) => `${workspace}\0${key}\0${rule}`;
