import { describe, expect, it } from '@jest/globals';
import type { AlertEvent, IncidentState } from '@keytrail/contracts';
import { violations, type Arrived } from './delivery-crash-check.js';

const message = (id: string, state: IncidentState, changes: [number, 'opened' | 'state'][], text = id): Arrived => ({
  id, text, event: { data: { incident: { incident_id: 'inc_1', state }, changes: changes.map(([change_id, kind]) => ({ change_id, kind })) } } as unknown as AlertEvent,
});
const first = message('dlv_1', 'open', [[1, 'opened']]);
const second = message('dlv_2', 'acknowledged', [[2, 'state']]);
const sent = ['dlv_1', 'dlv_2'].map((delivery_id) => ({ delivery_id, incident_id: 'inc_1', change_ids: [] }));
const acknowledged = [{ incident_id: 'inc_1', state: 'acknowledged' as const }];

describe('the check of a delivery campaign', () => {
  it('finds nothing when each message came, also when one came twice', () => {
    expect(violations(sent, [first, first, second], acknowledged)).toEqual([]);
  });

  it.each([
    ['a message that is missing', [first], /never arrived/],
    ['other bytes under an id', [first, message('dlv_1', 'open', [[1, 'opened']], 'other'), second], /other bytes/],
    ['a change under two ids', [first, second, message('dlv_3', 'acknowledged', [[2, 'state']])], /two ids/],
    ['changes out of order', [second, first], /out of order/],
    ['a message that nobody wrote down', [first, second, message('dlv_9', 'acknowledged', [])], /noted nowhere/],
    ['a state that was not told', [first, message('dlv_2', 'open', [[2, 'state']])], /the last that was told is open/],
    ['a lost change', [first, message('dlv_2', 'acknowledged', [])], /after 0 changes/],
  ])('finds %s', (_what, arrived, expected) => {
    expect(violations(sent, arrived, acknowledged).join('\n')).toMatch(expected);
  });
});
