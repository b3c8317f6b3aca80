import { describe, expect, it } from '@jest/globals';
import type { IncidentSummary } from '@keytrail/contracts';
import type { Destination, GroupTold, Standing, Told } from './alert-plan.js';
import { fanOut, type PendingChange } from './fan-out.js';
import type { Route, Silenced } from './routing.js';
import { NOW, briefOf, changeOf, routeTo } from './testing.js';

const to = (channel_id: string, route: Partial<Route> = {}, workspace_id: string | null = null): Destination => ({ channel_id, workspace_id, routes: [routeTo(channel_id, route)] });
const opened = (fields: Partial<IncidentSummary> = {}): PendingChange => ({ change: changeOf('opened'), brief: briefOf(fields) });
const grown = (findings: number, fields: Partial<IncidentSummary> = {}): PendingChange => ({ change: changeOf('grown'), brief: briefOf({ findings, ...fields }) });
const moved = (state: IncidentSummary['state'], fields: Partial<IncidentSummary> = {}): PendingChange => ({ change: changeOf('state'), brief: briefOf({ state, ...fields }) });
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const silence = (fields: Partial<Silenced>): Silenced => ({ workspace_id: null, incident_id: null, key_id: null, rule_id: null, owner_id: null, starts_at: at(-60), ends_at: at(60), ...fields });

function plan(changes: readonly PendingChange[], options: { destinations?: readonly Destination[]; told?: readonly Told[]; standings?: readonly Standing[]; groups?: readonly GroupTold[]; silences?: readonly Silenced[]; now?: Date } = {}) {
  let id = 0;
  return fanOut(changes, { destinations: [to('a')], told: [], standings: [], groups: [], silences: [], publicUrl: undefined, now: NOW, newId: () => `dlv_${id += 1}`, ...options });
}
const toldBefore = (fields: Partial<Told> = {}): Told => ({ channel_id: 'a', incident_id: 'inc_1', last_send_at: at(-10), open: undefined, waits: false, ...fields });

describe('who is told what', () => {
  it('makes one notification for each channel, whichever of its routes match', () => {
    const two = { ...to('a'), routes: [routeTo('a'), routeTo('a', { rule_ids: ['denied-burst'] })] };
    const { added } = plan([opened()], { destinations: [two, to('b'), to('c', { min_severity: 'critical' }), to('d', {}, 'elsewhere')] });
    expect(added.map(({ channel_id, state, send_at }) => [channel_id, state, send_at])).toEqual([['a', 'pending', NOW], ['b', 'pending', NOW]]);
  });

  it('puts what follows before anybody begins to send into the same notification', () => {
    const changes = [opened(), grown(2), moved('acknowledged')];
    const { added, widened } = plan(changes);
    expect(widened).toEqual([]);
    expect(added).toMatchObject([{ change_ids: changes.map(({ change }) => change.change_id), event: { type: 'incident.opened', data: { incident: { state: 'acknowledged' }, changes: [{ kind: 'opened' }, { kind: 'grown' }, { kind: 'state' }] } } }]);
  });

  it('leaves alone what somebody has begun to send', () => {
    expect(plan([moved('acknowledged')], { told: [toldBefore()] })).toMatchObject({ widened: [], added: [{ event: { type: 'incident.state_changed' }, send_at: NOW }] });
  });

  it('tells of growth once in the interval, however long it goes on, and of the latest', () => {
    let told: Told[] = [toldBefore({ last_send_at: NOW })];
    let notifications = 0;
    let latest = { findings: 0, ids: 0 };
    for (let second = 1; second < 3_600; second += 1) {
      const { added, widened } = plan([grown(second)], { told, now: at(second) });
      notifications += added.length;
      const one = added[0] ?? widened[0]!;
      expect(one.send_at).toEqual(at(3_600));
      latest = { findings: one.event.data.incident.findings, ids: one.change_ids.length };
      told = [toldBefore({ last_send_at: one.send_at, open: one })];
    }
    expect([notifications, latest]).toEqual([1, { findings: 3_599, ids: 1 }]);
  });

  it('brings waiting growth along as soon as something else happens', () => {
    const [open] = plan([grown(5)], { told: [toldBefore()] }).added;
    const { widened } = plan([moved('resolved')], { told: [toldBefore({ last_send_at: open!.send_at, open })] });
    expect(widened).toMatchObject([{ send_at: NOW, event: { type: 'incident.state_changed', data: { incident: { state: 'resolved' } } } }]);
  });

  it('waits for the group of an incident that is new, not for what is worse than quiet', () => {
    const quiet_hours = { time_zone: 'UTC', from: '10:00', to: '14:00', days: ['wed' as const], except_from: 'critical' as const };
    const [grouped] = plan([opened(), { change: changeOf('severity'), brief: briefOf({ severity: 'critical' }) }], { destinations: [to('a', { group_s: 30 })] }).added;
    expect(grouped).toMatchObject({ send_at: at(30), event: { data: { incident: { severity: 'critical' } } } });
    const [held] = plan([opened()], { destinations: [to('a', { quiet_hours })] }).added;
    expect(held).toMatchObject({ send_at: new Date('2026-03-04T14:00:00Z') });
    const { widened } = plan([{ change: changeOf('severity'), brief: briefOf({ severity: 'critical' }) }], { destinations: [to('a', { quiet_hours })], told: [toldBefore({ open: held })] });
    expect(widened).toMatchObject([{ send_at: NOW }]);
  });

  it('notes what is silenced, and tells the end of what was told before the silence', () => {
    const silences = [silence({ key_id: 'key_1' })];
    expect(plan([opened(), grown(2)], { silences }).added).toMatchObject([{ state: 'silenced' }]);
    expect(plan([moved('acknowledged')], { silences, told: [toldBefore()] }).added).toMatchObject([{ state: 'silenced' }]);
    expect(plan([moved('resolved')], { silences, told: [toldBefore()] }).added).toMatchObject([{ state: 'pending' }]);
    expect(plan([opened({ key_ids: ['key_1', 'key_2'] })], { silences }).added).toMatchObject([{ state: 'pending' }]);
    expect(plan([opened()], { silences, now: at(60) }).added).toMatchObject([{ state: 'pending' }]);
  });

  it('does not tell a channel the end of what it never heard of', () => {
    expect(plan([moved('resolved')]).added).toEqual([]);
  });

  it('tells a channel the end also when no route leads to it any more', () => {
    expect(plan([moved('resolved')], { destinations: [to('a', { rule_ids: ['another'] })], told: [toldBefore()] }).added).toMatchObject([{ channel_id: 'a', state: 'pending' }]);
  });

  it('owes what a silence holds back until its end, or until something that is told in spite of it', () => {
    const silences = [silence({ key_id: 'key_1' }), silence({ key_id: 'key_1', ends_at: at(30) })];
    const changes = [opened(), grown(2), grown(3), { change: changeOf('severity'), brief: briefOf({ severity: 'critical' }) }];
    const [standing] = plan(changes, { silences }).standings;
    expect(standing).toMatchObject({ channel_id: 'a', incident_id: 'inc_1', look_at: at(30), owed: [{ kind: 'opened' }, { kind: 'grown' }, { kind: 'severity' }] });
    const ended = plan([moved('acknowledged')], { standings: [standing!] });
    expect(ended).toMatchObject({ added: [{ event: { type: 'incident.opened', data: { changes: [{ kind: 'opened' }, { kind: 'grown' }, { kind: 'severity' }, { kind: 'state' }] } } }], standings: [{ owed: [], look_at: null }] });
    expect(plan([moved('resolved')], { standings: [standing!] })).toMatchObject({ added: [], standings: [], dropped: [{ channel_id: 'a', incident_id: 'inc_1' }] });
  });

  it('has it looked after whether somebody takes an incident up, where a route reminds, and no longer than it is open', () => {
    const destinations = [to('a', { remind_s: 600 })];
    const [standing] = plan([opened()], { destinations }).standings;
    expect(standing).toMatchObject({ owed: [], reminders: 0, look_at: at(600) });
    expect(plan([grown(2)], { destinations, told: [toldBefore()], standings: [{ ...standing!, reminders: 3 }] }).standings).toMatchObject([{ reminders: 3 }]);
    for (const state of ['acknowledged', 'contained'] as const) expect([state, plan([moved(state)], { destinations, told: [toldBefore()], standings: [standing!] }).standings]).toMatchObject([state, [{ look_at: null }]]);
    expect(plan([moved('resolved')], { destinations, told: [toldBefore()], standings: [standing!] }).dropped).toHaveLength(1);
    expect(plan([moved('open')], { destinations, told: [toldBefore()], standings: [{ ...standing!, reminders: 3, look_at: null }] }).standings).toMatchObject([{ reminders: 0, look_at: at(600) }]);
    expect(plan([opened()]).standings).toEqual([]);
  });
});

describe('a group of incidents', () => {
  const grouping = [to('a', { group_by: ['workspace', 'rule'], group_interval_s: 300 })];
  const incidents = (count: number, fields: Partial<IncidentSummary> = {}) => Array.from({ length: count }, (_, index) => opened({ incident_id: `inc_${index}`, ...fields }));

  it('is told of the first at once and of all that follow in one list, once for each interval', () => {
    const { added } = plan(incidents(4), { destinations: grouping });
    const [first, ...rest] = added;
    const list = added.find(({ event }) => event.type === 'incident.group')!;
    expect(first).toMatchObject({ incident_id: 'inc_0', carried_by: null, send_at: NOW });
    expect(list).toMatchObject({ incident_id: null, send_at: at(300), change_ids: [] });
    const carried = rest.filter((one) => one !== list);
    expect(carried.map(({ incident_id, carried_by, send_at }) => [incident_id, carried_by, send_at])).toEqual(['inc_1', 'inc_2', 'inc_3'].map((id) => [id, list.delivery_id, at(300)]));
  });

  it('goes on with the list that waits, and begins anew when nothing was told for the interval', () => {
    const key = plan(incidents(1), { destinations: grouping }).added[0]!.group_key!;
    const open = { delivery_id: 'dlv_list', send_at: at(200), members: 3 };
    expect(plan(incidents(1), { destinations: grouping, groups: [{ channel_id: 'a', group_key: key, last_send_at: at(-100), open }] }).added).toMatchObject([{ carried_by: 'dlv_list', send_at: at(200) }]);
    expect(plan(incidents(1), { destinations: grouping, groups: [{ channel_id: 'a', group_key: key, last_send_at: at(-300), open: undefined }] }).added).toMatchObject([{ carried_by: null, send_at: NOW }]);
    const full = plan(incidents(1), { destinations: grouping, groups: [{ channel_id: 'a', group_key: key, last_send_at: at(-100), open: { ...open, members: 50 } }] }).added;
    expect(full).toHaveLength(2);
  });

  it('is what is alike in all that the route names, and of one route', () => {
    expect(plan([...incidents(1), opened({ incident_id: 'inc_9', rule_ids: ['another'] })], { destinations: grouping }).added.map(({ carried_by }) => carried_by)).toEqual([null, null]);
  });

  it('does not keep what another route of the channel tells at once', () => {
    const both = [{ ...grouping[0]!, routes: [...grouping[0]!.routes, routeTo('a', { route_id: 'rte_2', min_severity: 'critical' })] }];
    expect(plan(incidents(2, { severity: 'critical' }), { destinations: both }).added.map(({ carried_by }) => carried_by)).toEqual([null, null]);
  });

  it('takes what becomes of an incident along until it is sent, and lets go what is too grave for quiet hours', () => {
    const quiet_hours = { time_zone: 'UTC', from: '10:00', to: '14:00', days: ['wed' as const], except_from: 'critical' as const };
    const quiet = [to('a', { group_by: ['workspace'], quiet_hours })];
    const [first, list, carried] = plan(incidents(2), { destinations: quiet }).added;
    const groups = [{ channel_id: 'a', group_key: first!.group_key!, last_send_at: first!.send_at, open: { delivery_id: list!.delivery_id, send_at: list!.send_at, members: 1 } }];
    expect(carried).toMatchObject({ incident_id: 'inc_1', carried_by: expect.any(String) });
    const told = [toldBefore({ incident_id: 'inc_1', last_send_at: carried!.send_at, open: carried })];
    expect(plan([moved('acknowledged', { incident_id: 'inc_1' })], { destinations: quiet, told, groups }).widened).toMatchObject([{ carried_by: carried!.carried_by, event: { data: { incident: { state: 'acknowledged' } } } }]);
    expect(plan([{ change: changeOf('severity'), brief: briefOf({ incident_id: 'inc_1', severity: 'critical' }) }], { destinations: quiet, told, groups }).widened).toMatchObject([{ carried_by: null, send_at: NOW }]);
  });
});
