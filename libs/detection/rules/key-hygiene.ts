import type { Rule } from '../types.js';
import { violationDraft, type ViolationInput } from './violations.js';

export const keyHygiene: Rule<ViolationInput, Record<string, never>> = {
  id: 'key-hygiene',
  title: 'Keys whose name does not say what they are',
  severity: 'low',
  fires: 'the policy key-name is open for keys of an owner. One finding for an owner in a workspace. The registry itself asks for an owner and a rotation date of every key',
  why: 'Whoever meets a key in a configuration must see of which service and environment it is.',
  response: 'Rename them (`GET /v1/policy-violations?policy=key-name` names the call); nothing goes by the name.',
  false_positives: 'Names that follow another rule of one\'s own.',
  attack: null,
  fields: ['registry: name, service, environment, the open violations of the policy'],
  incident: 'apart',
  lasting: true,
  settings: {},
  decide: (input) => violationDraft(keyHygiene, input, ['key-name'], 'low', 'have a name that does not say what they are'),
};
