import type { RemoteKey } from '@keytrail/contracts';
import { LAST_EXPIRY } from '@keytrail/platform';
import type { CredentialRecord } from '../credential.js';

/** Whom the audit trail names for what happened at the platform without Keytrail. */
export const PLATFORM_ACTOR = { actor: 'key-platform', address: '', request_id: '' };

/** What the platform says of a key, in the registry's terms. Undefined: it does not say. */
export interface MirroredFields {
  name: string;
  service: string;
  scopes: string[];
  expires_at: Date | null;
  dead: boolean;
  /** When it died, as far as that is known and not in the future. */
  died_at: Date | null;
  created_at: Date;
  last_used_at: Date | null;
}

const SERVICE_OF_NO_NAME = 'remote';
const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 63).replace(/-+$/, '');

/** A key of the platform as it is mirrored. Times that lie ahead cannot have been. */
export function mirroredFields(key: RemoteKey, now: Date): MirroredFields {
  const past = (time: Date | null) => (time === null || time > now ? null : time);
  const name = key.name ?? key.id;
  return {
    name, service: slug(key.service ?? '') || SERVICE_OF_NO_NAME, scopes: key.scopes ?? [],
    expires_at: key.expires_at === null || key.expires_at <= LAST_EXPIRY ? key.expires_at : LAST_EXPIRY,
    dead: key.dead, died_at: key.dead ? past(key.revoked_at) : null, created_at: past(key.created_at) ?? now, last_used_at: past(key.last_used_at),
  };
}

/** What a mirror may differ in from what the platform says. */
export type MirrorChange = Partial<Pick<CredentialRecord, 'name' | 'service' | 'scopes' | 'expires_at' | 'owner_id' | 'workspace_id' | 'revoked_at'>>;

/** What is to be changed of a mirror; empty when it agrees. */
export function mirrorChange(mirror: CredentialRecord, said: MirroredFields, place: { owner_id: string; workspace_id: string }, now: Date): MirrorChange {
  const change: MirrorChange = {};
  if (mirror.name !== said.name) change.name = said.name;
  if (mirror.service !== said.service) change.service = said.service;
  if (JSON.stringify(mirror.scopes) !== JSON.stringify(said.scopes)) change.scopes = said.scopes;
  if (mirror.expires_at?.getTime() !== said.expires_at?.getTime()) change.expires_at = said.expires_at;
  if (mirror.owner_id !== place.owner_id) change.owner_id = place.owner_id;
  if (mirror.workspace_id !== place.workspace_id) change.workspace_id = place.workspace_id;
  if (mirror.revoked_at === null && said.dead) change.revoked_at = said.died_at ?? now;
  // The platform has the last word, also when it takes one back.
  if (mirror.revoked_at !== null && !said.dead) change.revoked_at = null;
  return change;
}

/** What an answer leaves out is as it was asked for. */
export const filledIn = (answer: RemoteKey, asked: Pick<RemoteKey, 'name' | 'owner' | 'environment' | 'workspace' | 'service' | 'scopes' | 'expires_at'>): RemoteKey => ({
  ...answer, name: answer.name ?? asked.name, owner: answer.owner ?? asked.owner, environment: answer.environment ?? asked.environment,
  workspace: answer.workspace ?? asked.workspace, service: answer.service ?? asked.service, scopes: answer.scopes ?? asked.scopes,
  expires_at: answer.expires_at ?? asked.expires_at,
});
