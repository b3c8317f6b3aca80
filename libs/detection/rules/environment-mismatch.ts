import type { Environment } from '@keytrail/contracts';
import type { CallerActivity, KeyInput, Rule } from '../types.js';
import { distinct, isDenied, plural, requestsOf } from './activity.js';
import { keyDraft, named } from './draft.js';

export interface EnvironmentMismatchSettings {
  /** What gateways call production, and what they call anything else; other names say nothing. Lower case, beginnings. */
  production: readonly string[];
  other: readonly string[];
}

export const environmentMismatch: Rule<KeyInput, EnvironmentMismatchSettings> = {
  id: 'environment-mismatch',
  title: 'Key of one environment used in another',
  severity: 'high',
  fires: 'the gateway of a production environment met a key of another, or the reverse; high when production took it, low when all was refused',
  why: 'Keys of tests are kept with less care, and lie in more places. Production that takes one can be entered by whoever finds it. A production key in '
    + 'tests lies where it should not.',
  response: 'See who calls with it and give them the right key. If production accepted a key of tests, find out why the gateway did, and replace the key.',
  false_positives: 'A smoke test that checks production with a key of the staging workspace on purpose, and gateways with the wrong environment in their settings.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'environment', 'registry: environment of the key\'s workspace'],
  incident: 'opens',
  lasting: true,
  settings: { production: ['prod', 'live'], other: ['stag', 'stg', 'test', 'dev', 'qa', 'sandbox', 'preview', 'uat'] },
  decide(input, settings) {
    const { key } = input;
    if (key === undefined) return [];
    const uses = input.activity.filter((group) => elsewhere(group, key.environment, settings).length > 0);
    if (uses.length === 0) return [];
    const accepted = requestsOf(uses.filter((group) => !isDenied(group)));
    const places = distinct(uses.flatMap((group) => elsewhere(group, key.environment, settings)));
    return [keyDraft(environmentMismatch, input, uses, {
      severity: accepted === 0 ? 'low' : key.environment === 'production' ? 'medium' : 'high',
      summary: `${plural(requestsOf(uses), 'call')} with the ${key.environment} key ${key.name} went to ${named(places)}, ${accepted} of them not refused`,
      counts: { not_refused: accepted },
      episode: `${input.key_id}:${key.environment === 'production' ? 'out' : 'in'}`,
    })];
  },
};

/** Environments of a group that are production where the key's is not, or the reverse. */
const elsewhere = ({ environments }: CallerActivity, own: Environment, settings: EnvironmentMismatchSettings): string[] => environments.length === 0 ? environments : environments.filter((name) => {
  const text = name.toLowerCase();
  const isProduction = settings.production.some((start) => text.startsWith(start));
  return own === 'production' ? !isProduction && settings.other.some((start) => text.startsWith(start)) : isProduction;
});
