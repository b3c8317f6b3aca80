import type { Severity } from '@keytrail/contracts';
import type { Condition } from './condition.js';

export type SearchValue = string | number | null;
export type Operator = 'is' | 'contains' | 'startswith' | 'endswith' | 're' | 'cidr' | 'lt' | 'lte' | 'gt' | 'gte' | 'exists';

/** One line of a search: a field and what it is to be. */
export interface Test {
  field: string;
  operator: Operator;
  values: readonly SearchValue[];
  /** All of the values, instead of any. */
  all: boolean;
  cased: boolean;
  /** Of `exists`. */
  expected: boolean;
}

/** Any of these, each of which is all of its tests. */
export type Search = readonly (readonly Test[])[];

export interface Selection {
  searches: ReadonlyMap<string, Search>;
  condition: Condition;
}

export interface Correlation {
  /** Of `value_count` the field whose values are counted; null = requests are counted. */
  distinct: string | null;
  /** Empty: of a workspace as a whole. */
  group_by: readonly string[];
  timespan_ms: number;
  at_least: number;
}

/** A rule that people wrote. */
export interface CustomRule {
  id: string;
  title: string;
  description: string;
  severity: Severity;
  /** A request fits when any of these does. */
  selections: readonly Selection[];
  /** null: every request that fits is told. */
  correlation: Correlation | null;
}

/** What the findings of a rule are stored under. */
export const findingRuleId = (rule: Pick<CustomRule, 'id'>): string => `custom-${rule.id}`;

export const isOfCustomRule = (ruleId: string): boolean => ruleId.startsWith('custom-');

/** What may be set of a rule that people wrote, beside on and off, severity and whom it allows: of one that counts, how many it takes. */
export type CustomSettings = Readonly<{ at_least?: number }>;

/** A rule as it is tuned. */
export const tunableOf = (rule: Pick<CustomRule, 'id' | 'title' | 'correlation'>): { id: string; title: string; settings: CustomSettings } => (
  { id: findingRuleId(rule), title: rule.title, settings: rule.correlation === null ? {} : { at_least: rule.correlation.at_least } });
