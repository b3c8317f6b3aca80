import { settingFromText, type RuleDefaults, type RuleSettings } from './rule-settings.js';

/** Settings that are to be assumed, by rule; they count before all others. */
export type AssumedSettings = ReadonlyMap<string, RuleSettings>;

/** Reads `rule.setting=value`, once for each setting. Throws `TypeError` that says what is wrong. */
export function readWhatIf(texts: readonly string[], defaults: RuleDefaults): AssumedSettings {
  const assumed = new Map<string, Record<string, unknown>>();
  for (const text of texts) {
    const parts = /^([^.=\s]+)\.([^.=\s]+)=(.*)$/s.exec(text);
    if (parts === null) throw new TypeError(`${text}: write rule.setting=value, such as denied-burst.min_denied=10`);
    const [, rule, setting, value] = parts as unknown as [string, string, string, string];
    const settings = assumed.get(rule) ?? {};
    if (Object.hasOwn(settings, setting)) throw new TypeError(`${rule}.${setting} is given twice`);
    settings[setting] = settingFromText(defaults, rule, setting, value);
    assumed.set(rule, settings);
  }
  return assumed;
}
