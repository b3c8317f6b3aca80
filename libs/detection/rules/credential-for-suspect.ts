import { severityRank } from '@keytrail/contracts';
import type { Rule } from '../types.js';
import { gravest, type Suspicion } from './suspicion.js';

/** A key that was made for an owner with open incidents. Times are epoch milliseconds. */
export interface CredentialForSuspect {
  workspace_id: string;
  key_id: string;
  name: string;
  owner_name: string;
  created_at: number;
  created_by: string;
  suspicions: readonly Suspicion[];
}

export interface CredentialForSuspectInput { workspace_id: string; key_id: string; made: CredentialForSuspect }

export const credentialForSuspect: Rule<CredentialForSuspectInput, object> = {
  id: 'credential-for-suspect',
  title: 'A new key was made for an owner under suspicion',
  severity: 'medium',
  fires: 'a key was made for an owner with an unsettled incident of high severity, of a week ago at most, and takes the place of none (a replacement is part of the answer to an incident); low for an incident of medium severity',
  why: 'Who holds one stolen key of an owner may hold the way to new ones. A key that is made meanwhile outlives the revocation of the stolen one.',
  response: 'Ask the owner and whoever made it (the audit trail names them) what it is for. If neither knows, revoke it too.',
  false_positives: 'An owner who goes on with daily work while an incident of theirs is open. A low finding opens no incident by itself; it joins one about the same key or owner.',
  attack: 'T1098.001 Account Manipulation: Additional Cloud Credentials',
  fields: ['registry: keys that are made, their owner', 'open incidents'],
  incident: 'joins',
  settings: {},
  decide({ workspace_id, key_id, made }) {
    const why = gravest(made.suspicions.filter(({ at }) => at <= made.created_at));
    if (why === undefined) return [];
    return [{
      rule_id: credentialForSuspect.id, severity: severityRank[why.severity] >= severityRank.high ? 'medium' : 'low', title: credentialForSuspect.title, workspace_id, key_id, principal: made.owner_name,
      addresses: [], first_seen: made.created_at, last_seen: made.created_at,
      summary: `${made.name} was made by ${made.created_by} for ${made.owner_name}, who has an open incident (${why.severity}: ${why.title})`,
      evidence: { request_ids: [], counts: { open_incidents: made.suspicions.length } }, episode: key_id,
    }];
  },
};
