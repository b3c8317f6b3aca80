/** Settings of a rule by name: numbers, booleans, text or lists of text. */
export type RuleSettings = Readonly<Record<string, unknown>>;

/** The settings every rule ships with, by rule. */
export type RuleDefaults = ReadonlyMap<string, RuleSettings>;

/** `window_minutes` and the like count whole minutes, and a window of none holds nothing. */
const COUNTS_WHOLE = /^window_minutes$/;

/** A value that a setting can have, typed as the one the rule ships with. Throws `TypeError` that names the setting and what it takes. */
export function checkedSetting(defaults: RuleDefaults, rule: string, setting: string, value: unknown): unknown {
  const usual = settingOf(defaults, rule, setting);
  const name = `${rule}.${setting}`;
  if (typeof usual === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new TypeError(`${name} takes a number from 0, such as ${usual}`);
    if (COUNTS_WHOLE.test(setting) && (!Number.isInteger(value) || value < 1)) throw new TypeError(`${name} takes a whole number from 1, such as ${usual}`);
    return value;
  }
  if (typeof usual === 'boolean') {
    if (typeof value !== 'boolean') throw new TypeError(`${name} takes true or false`);
    return value;
  }
  if (Array.isArray(usual)) {
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && item !== '')) throw new TypeError(`${name} takes a list of text`);
    return value;
  }
  if (typeof value !== 'string') throw new TypeError(`${name} takes text`);
  return value;
}

/** A value written as text: `12`, `true`, `a,b`. Throws `TypeError` as `checkedSetting` does. */
export function settingFromText(defaults: RuleDefaults, rule: string, setting: string, text: string): unknown {
  const usual = settingOf(defaults, rule, setting);
  const read = (): unknown => {
    if (typeof usual === 'number') return text.trim() === '' ? NaN : Number(text);
    if (typeof usual === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
    if (Array.isArray(usual)) return text === '' ? [] : text.split(',').map((item) => item.trim());
    return text;
  };
  return checkedSetting(defaults, rule, setting, read());
}

function settingOf(defaults: RuleDefaults, rule: string, setting: string): unknown {
  const settings = defaults.get(rule);
  if (settings === undefined) throw new TypeError(`there is no rule ${rule}; there are ${[...defaults.keys()].join(', ')}`);
  const names = Object.keys(settings);
  if (!names.includes(setting)) {
    throw new TypeError(names.length === 0 ? `${rule} has no settings` : `${rule} has no setting ${setting}; it has ${names.join(', ')}`);
  }
  return settings[setting];
}
