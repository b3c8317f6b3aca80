import type { Severity } from '@keytrail/contracts';
import type { AllowList } from './held-back.js';
import type { RuleSettings } from './rule-settings.js';

/** What was set for a workspace or one of its keys; null and {} leave it as it is. */
export interface SetOfRule {
  enabled: boolean | null;
  severity: Severity | null;
  settings: RuleSettings;
  allow_networks: readonly string[];
  allow_user_agents: readonly string[];
}

/** What counts for a key. */
export interface EffectiveRule {
  enabled: boolean;
  /** null: as the rule grades each finding. */
  severity: Severity | null;
  settings: RuleSettings;
  allow: AllowList;
}

/** The rule as it ships, changed by what was set, the most general first. Allow-lists add up. */
export function effectiveRule(shipped: RuleSettings, sets: readonly SetOfRule[]): EffectiveRule {
  return sets.reduce<EffectiveRule>((rule, set) => ({
    enabled: set.enabled ?? rule.enabled, severity: set.severity ?? rule.severity, settings: { ...rule.settings, ...set.settings },
    allow: {
      networks: [...new Set([...rule.allow.networks, ...set.allow_networks])], user_agents: [...new Set([...rule.allow.user_agents, ...set.allow_user_agents])],
    },
  }), { enabled: true, severity: null, settings: shipped, allow: { networks: [], user_agents: [] } });
}
