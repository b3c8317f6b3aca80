import { expect, it } from '@jest/globals';
import type { IncidentRow } from './incident.store.js';
import { subjectsOf } from './subjects.js';

const nobody = { findIn: () => undefined };
const row = (fields: Partial<IncidentRow>) => ({ workspace_id: 'acme', key_ids: ['key_1'], addresses: [], owner_id: null, owner_name: 'eve', ...fields }) as IncidentRow;
const principals = (fields: Partial<IncidentRow>) => subjectsOf(row(fields), nobody).map(({ principal }) => principal);

it('a key that nobody keeps belongs to whom the log names, and to nobody whom it was not said of', () => {
  expect(principals({})).toEqual(['eve']);
  expect(principals({ owner_name: null })).toEqual(['']);
  // The owner of another key of the incident.
  expect(principals({ owner_id: 'own_1' })).toEqual(['']);
  expect(principals({ key_ids: ['key_1', 'key_2'] })).toEqual(['', '']);
});
