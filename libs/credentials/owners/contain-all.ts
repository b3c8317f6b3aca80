import type { SuggestedAction } from '@keytrail/contracts';

/** What to do about the keys of somebody who left. */
export const containAllOf = (ownerId: string): SuggestedAction => ({
  title: 'Revoke or replace every key they own at once', why: 'This is the dry run: it shows each key, its use and a plan_token. The same call with plan_token does it.',
  call: `POST /v1/bulk-containments {"action":"revoke_and_replace","target":{"owner_id":"${ownerId}"},"reason":"the owner left"}`,
});
