import type { Rule } from '../types.js';
import { plural } from './activity.js';
import { named } from './draft.js';
import { gravest, type Suspicion } from './suspicion.js';

/** A change of what a key may do. Times are epoch milliseconds. */
export interface ScopeChange {
  workspace_id: string;
  key_id: string;
  name: string;
  owner_name: string;
  at: number;
  by: string;
  before: readonly string[];
  after: readonly string[];
  /** About the key or its owner, when the change was made. */
  suspicions: readonly Suspicion[];
}

export interface ScopeRaisedInput { workspace_id: string; key_id: string; change: ScopeChange }

export const scopeRaised: Rule<ScopeRaisedInput, object> = {
  id: 'scope-raised',
  title: 'A key may do more than before',
  severity: 'low',
  fires: 'scopes were added to a key; high when the key or its owner has an open incident of at least medium severity',
  why: 'A stolen key is worth what it may do. Whoever can change keys makes it worth more.',
  response: 'See in the audit trail who changed it and why, and take the scopes back if nobody can say.',
  false_positives: 'A service that learns to do more. A low finding therefore opens no incident by itself; it joins one about the same key.',
  attack: 'T1098.003 Account Manipulation: Additional Cloud Roles',
  fields: ['registry: changes of scopes', 'open incidents'],
  incident: 'joins',
  settings: {},
  decide({ workspace_id, key_id, change }) {
    const added = change.after.filter((scope) => !change.before.includes(scope));
    if (added.length === 0) return [];
    const why = gravest(change.suspicions.filter(({ at }) => at <= change.at));
    return [{
      rule_id: scopeRaised.id, severity: why === undefined ? 'low' : 'high', title: why === undefined ? scopeRaised.title : 'A key under suspicion may do more than before',
      workspace_id, key_id, principal: change.owner_name, addresses: [], first_seen: change.at, last_seen: change.at,
      summary: `${change.by} gave ${change.name} ${plural(added.length, 'scope')} it had not: ${named(added)}${why === undefined ? '' : `; there is an open incident (${why.severity}: ${why.title})`}`,
      evidence: { request_ids: [], counts: { added_scopes: added.length } }, episode: `${key_id}:${change.at}`,
    }];
  },
};
