import { describe, expect, it } from '@jest/globals';
import type { IncidentSummary } from '@keytrail/contracts';
import type { Standing, Told } from './alert-plan.js';
import { followUp } from './follow-up.js';
import type { Route, Silenced } from './routing.js';
import { NOW, briefOf, changeOf, routeTo } from './testing.js';

const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const standing = (fields: Partial<Standing> = {}): Standing => ({ channel_id: 'a', incident_id: 'inc_1', owed: [], reminders: 0, look_at: NOW, ...fields });
const told = (fields: Partial<Told> = {}): Told => ({ channel_id: 'a', incident_id: 'inc_1', last_send_at: at(-600), open: undefined, waits: false, ...fields });
const silence = (fields: Partial<Silenced> = {}): Silenced => ({ workspace_id: null, incident_id: null, key_id: null, rule_id: null, owner_id: null, starts_at: at(-60), ends_at: at(60), ...fields });

function look(options: { due?: Standing; incident?: Partial<IncidentSummary>; route?: Partial<Route>; silences?: Silenced[]; told?: Told[]; gone?: boolean } = {}) {
  const due = options.due ?? standing();
  let id = 0;
  return followUp([due], {
    destinations: [{ channel_id: 'a', workspace_id: null, routes: [routeTo('a', { remind_s: 600, remind_times: 3, ...options.route })] }], silences: options.silences ?? [],
    briefs: new Map(options.gone ? [] : [['inc_1', briefOf(options.incident)]]), told: options.told ?? [told()], standings: [due], groups: [], publicUrl: undefined, now: NOW, newId: () => `dlv_${id += 1}`,
  });
}

describe('a reminder', () => {
  it('comes when nobody has taken the incident up for so long, and again after that', () => {
    expect(look()).toMatchObject({ added: [{ event: { type: 'incident.reminder', timestamp: NOW.toISOString(), data: { changes: [], note: 'Nobody has taken it up yet; reminder 1.' } }, change_id: null, send_at: NOW }], standings: [{ reminders: 1, look_at: at(600) }] });
  });

  it('comes a bounded number of times', () => {
    expect(look({ due: standing({ reminders: 2 }) }).added).toHaveLength(1);
    expect(look({ due: standing({ reminders: 3 }) })).toMatchObject({ added: [], standings: [{ look_at: null }] });
  });

  it('does not come once somebody has taken it up, or it is over', () => {
    for (const state of ['acknowledged', 'contained'] as const) expect([state, look({ incident: { state } })]).toMatchObject([state, { added: [], standings: [{ look_at: null }] }]);
    for (const state of ['resolved', 'false_positive'] as const) expect([state, look({ incident: { state } })]).toMatchObject([state, { added: [], standings: [], dropped: [{ incident_id: 'inc_1' }] }]);
    expect(look({ gone: true })).toMatchObject({ added: [], dropped: [{ incident_id: 'inc_1' }] });
    expect(look({ route: { min_severity: 'critical' } })).toMatchObject({ added: [], dropped: [{ incident_id: 'inc_1' }] });
  });

  it('waits for its time, for quiet hours to end, for a silence to end, and for what is still on its way', () => {
    const quiet_hours = { time_zone: 'UTC', from: '10:00', to: '14:00', days: ['wed' as const], except_from: 'critical' as const };
    for (const [options, look_at] of [
      [{ told: [told({ last_send_at: at(-100) })] }, at(500)], [{ route: { quiet_hours } }, new Date('2026-03-04T14:00:00Z')], [{ silences: [silence()] }, at(60)], [{ told: [told({ waits: true })] }, at(600)],
    ] as [Parameters<typeof look>[0], Date][]) expect([options, look(options)]).toMatchObject([options, { added: [], standings: [{ reminders: 0, look_at }] }]);
  });
});

describe('the end of a silence', () => {
  const owed = [changeOf('opened'), changeOf('severity')];

  it('tells once what it held back, if the incident is not over', () => {
    expect(look({ due: standing({ owed }), told: [] })).toMatchObject({
      added: [{ event: { type: 'incident.opened', data: { changes: owed, note: 'A silence held this back until now.' } }, change_id: null, change_ids: owed.map(({ change_id }) => change_id) }], standings: [{ owed: [], look_at: at(600) }],
    });
    expect(look({ due: standing({ owed }), incident: { state: 'resolved' }, told: [] })).toMatchObject({ added: [], dropped: [{ incident_id: 'inc_1' }] });
  });

  it('is not the end while another silence holds', () => {
    expect(look({ due: standing({ owed }), silences: [silence()], told: [] })).toMatchObject({ added: [], standings: [{ owed, look_at: at(60) }] });
  });
});
