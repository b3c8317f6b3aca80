import type { Rule } from '../types.js';
import { violationDraft, type ViolationInput } from './violations.js';

export const rotationOverdue: Rule<ViolationInput, Record<string, never>> = {
  id: 'rotation-overdue',
  title: 'Keys that should have been rotated',
  severity: 'medium',
  fires: 'the policy rotation-due is open for keys of an owner: low while they are due, medium once they are overdue. One finding for an owner in a workspace',
  why: 'The older a key, the more places it lies in, and nobody remembers all of them.',
  response: 'See the violations (`GET /v1/policy-violations?policy=rotation-due`): each names the call that rotates the key.',
  false_positives: 'None: the policy says when, and the workspace may say otherwise.',
  attack: null,
  fields: ['registry: rotation_due_at, the open violations of the policy'],
  incident: 'apart',
  lasting: true,
  settings: {},
  decide: (input) => violationDraft(rotationOverdue, input, ['rotation-due'], 'medium', 'should be rotated'),
};
