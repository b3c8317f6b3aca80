import type { Environment, IssuedKind, PolicyId, SuggestedAction } from '@keytrail/contracts';
import { kindRules } from '../kinds.js';
import { containAllOf } from '../owners/contain-all.js';
import { SEEN_WITHIN_DAYS } from './no-owner.js';
import { usualName } from './key-name.js';

/** What is known of the key of an open violation. */
export interface ViolatingKey {
  key_id: string; workspace_id: string | null;
  /** Null where the registry does not hold it. */
  registered: { kind: IssuedKind; service: string; environment: Environment; owner_id: string; has_successor: boolean } | null;
}

type Registered = NonNullable<ViolatingKey['registered']> & { key_id: string; path: string };

const rotate = ({ path, key_id }: Registered): SuggestedAction => ({
  title: 'Rotate it with an overlap', why: 'Both keys live until every caller has moved; then the old one is revoked by itself.',
  call: `POST /v1/${path}/${key_id}/rotate {"overlap":604800,"complete_when_safe":true}`,
});
const give = ({ path, key_id }: Registered, why: string): SuggestedAction => ({
  title: 'Give it to somebody who answers for it', why, call: `PATCH /v1/${path}/${key_id} {"owner_id":"…"}`,
});
const blastRadius = ({ path, key_id }: Registered): SuggestedAction => ({
  title: 'See who uses it', why: 'Callers, routes and when it was last seen: what a revocation would break.', call: `GET /v1/${path}/${key_id}/blast-radius`,
});

const actionsFor: Readonly<Record<PolicyId, (key: Registered) => SuggestedAction[]>> = {
  'rotation-due': (key) => (key.has_successor ? [{
    title: 'Complete its rotation', why: 'Its successor lives. The containment says which callers have not moved, and revokes the old key.',
    call: `GET /v1/containments?key_id=${key.key_id}`,
  }] : [rotate(key)]),
  'owner-left': (key) => [
    give(key, 'Then rotate it, too: who left may have a copy.'),
    containAllOf(key.owner_id),
  ],
  'no-owner': (key) => [
    { title: 'Say how its owner is reached', why: 'It puts every key of this owner right.', call: `PATCH /v1/owners/${key.owner_id} {"contact":"…"}` },
    give(key, 'The owner of its service, for one.'), blastRadius(key),
  ],
  'unused-key': (key) => [
    blastRadius(key),
    { title: 'Revoke it', why: 'Nobody seems to need it. This cannot be undone.', call: `DELETE /v1/${key.path}/${key.key_id}?reason=unused` },
  ],
  'expiring-soon': (key) => [
    { ...rotate(key), why: 'The successor lives as long as this key was meant to.', call: `POST /v1/${key.path}/${key.key_id}/rotate {"overlap":86400,"complete_when_safe":true}` },
    { title: 'Let it live longer', why: 'Where its end was set too early.', call: `PATCH /v1/${key.path}/${key.key_id} {"expires_at":"…"}` },
  ],
  'key-name': (key) => [{
    title: 'Call it by its service and environment', why: 'Names of keys may change at any time; nothing goes by them.',
    call: `PATCH /v1/${key.path}/${key.key_id} {"name":"${usualName(key)}"}`,
  }],
};

/** What to do about an open violation and by which call, best first. */
export function suggestedActions(policy: PolicyId, { key_id, workspace_id, registered }: ViolatingKey): SuggestedAction[] {
  if (registered !== null) return actionsFor[policy]({ ...registered, key_id, path: kindRules[registered.kind].path });
  const query = new URLSearchParams({ ...(workspace_id !== null && { workspace: workspace_id }), key_id });
  return [
    { title: 'See what it does, and for whom', why: 'Addresses, user agents and the principal that the log names lead to an owner.', call: `GET /v1/request-logs?${query}` },
    {
      title: 'Move its callers to a key with an owner', why: `It was issued elsewhere, and has to be revoked there. This ends by itself ${SEEN_WITHIN_DAYS} days after its last use.`,
      call: `POST /v1/api-keys {"workspace":"${workspace_id ?? '…'}","service":"…","owner_id":"…"}`,
    },
  ];
}
