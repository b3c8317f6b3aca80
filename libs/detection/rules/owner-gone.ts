import type { Rule } from '../types.js';
import { violationDraft, type ViolationInput } from './violations.js';

export const ownerGone: Rule<ViolationInput, Record<string, never>> = {
  id: 'owner-gone',
  title: 'Keys that nobody answers for',
  severity: 'medium',
  fires: 'the policies owner-left or no-owner are open for keys. One finding for an owner in a workspace, and one for keys that nobody registered',
  why: 'Who left may still hold the key, and when it is misused nobody can say what it is for.',
  response: 'See the violations (`GET /v1/policy-violations?policy=owner-left`, `no-owner`): each names the call that puts it right. Keys of who left should be replaced, too: `POST /v1/bulk-containments` with `{"action":"revoke_and_replace","target":{"owner_id":"…"},"reason":"…"}` does all of them after a dry run.',
  false_positives: 'Keys of other systems whose requests are logged here and that are registered elsewhere.',
  attack: 'T1078 Valid Accounts',
  fields: ['registry: owner and their status, the open violations of the policies', 'key_id'],
  incident: 'apart',
  lasting: true,
  settings: {},
  decide: (input) => violationDraft(ownerGone, input, ['owner-left', 'no-owner'], 'medium', 'have nobody who answers for them'),
};
