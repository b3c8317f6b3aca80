import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingsError } from '@keytrail/platform';
import { readRules } from './read-rules.js';
import type { CustomRule } from './rule.js';

/** Every `.yml` and `.yaml` of a folder. Throws `SettingsError` that says of every file what is wrong with it; `named`: how the folder was given. */
export async function readRuleFolder(folder: string, named = 'KEYTRAIL_RULES_DIR'): Promise<CustomRule[]> {
  const problems: string[] = [];
  const rules = new Map<string, CustomRule>();
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new SettingsError([`${named}: ${folder} cannot be read (${error.code ?? 'unknown'})`]);
  });
  for (const name of names.filter((one) => /\.ya?ml$/.test(one)).sort()) {
    try {
      for (const rule of readRules(await readFile(join(folder, name), 'utf8'))) {
        if (rules.has(rule.id)) problems.push(`${named}: ${name}: the id ${rule.id} is given twice`);
        rules.set(rule.id, rule);
      }
    } catch (error) {
      problems.push(`${named}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return [...rules.values()];
}
