import { kindRules } from '../kinds.js';
import type { Policy } from './policy.js';

export const ownerLeft: Policy = {
  id: 'owner-left', title: 'Owner left',
  why: 'Who left may still hold the key, and nobody answers for it when something is wrong with it.',
  judge({ kind, name, owner }) {
    if (owner.status !== 'left') return 'kept';
    return { severity: 'breach', since: owner.left_at, due_at: null, summary: `The ${kindRules[kind].noun} ${name} belongs to ${owner.name}, who left.` };
  },
};
