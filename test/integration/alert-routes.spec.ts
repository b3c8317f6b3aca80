import { expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { Silence } from '@keytrail/contracts';
import { AlertStage } from '../support/alert-stage.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { answerWith } from '../support/webhook-receiver.js';

describeOnBoth('routes and silences of alerts', (env) => {
  const stage = new AlertStage(env);

  it('is routed by severity, rule, owner and workspace', async () => {
    for (const route of [{ min_severity: 'critical' }, { rule_ids: ['leaked-key'] }, { owner_ids: ['own_00000000000000000000000000000000'] }, { workspaces: ['elsewhere'] }]) await stage.newHook(route);
    const fits = await stage.newHook({ min_severity: 'high', rule_ids: ['denied-burst'], workspaces: ['default'] });
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    expect(await stage.deliveries(`incident_id=${incident_id}`)).toMatchObject([{ channel_id: fits.channel_id, state: 'delivered' }]);
  });

  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
  const silence = async (fields: object) => stage.made(await stage.app.call<Silence>('/v1/silences', { body: { to: inAnHour(), reason: 'maintenance', ...fields } }));
  const end = (id: string) => stage.app.call<Silence>(`/v1/silences/${id}/end`, { body: {} });
  /** What has waited for so long by now. */
  const passed = async (seconds: number) => {
    const earlier = (column: string) => sql`${sql.ref(column)} - make_interval(secs => ${seconds})`;
    await stage.database.updateTable('alert_deliveries').set({ send_at: earlier('send_at') as never }).execute();
    await stage.database.updateTable('alert_standings').set({ look_at: earlier('look_at') as never }).execute();
  };
  const told = () => stage.receiver.received.map(({ body }) => [body.type, body.data.incident.state]);

  it('tells at the end of a silence, once, of what it held back and is not over', async () => {
    await stage.newHook();
    const keys = [stage.newName('silent'), stage.newName('silent'), stage.newName('silent')];
    const [one, two, three] = await Promise.all(keys.map((key_id) => silence({ key_id }))) as [Silence, Silence, Silence];
    await stage.misuseAll(keys);
    await stage.tell();
    const [open, over, held] = await Promise.all(keys.map((key) => stage.incidentOf(key)));
    expect([stage.receiver.received, await stage.deliveries(`incident_id=${open!.incident_id}`)]).toMatchObject([[], [{ state: 'silenced' }]]);
    await stage.move(over!.incident_id, 'resolved');
    const ended = await Promise.all([one, two].map(({ silence_id }) => end(silence_id)));
    expect(ended.map(({ body }) => body.ended_by)).not.toContain(null);
    for (let time = 0; time < 3; time += 1) await stage.tell();
    expect(stage.receiver.received).toMatchObject([{ body: { type: 'incident.opened', data: { incident: { incident_id: open!.incident_id }, changes: [{ kind: 'opened' }], note: 'A silence held this back until now.' } } }]);
    expect((await end(one.silence_id)).status).toBe(409);
    // By itself, as time goes by.
    await stage.database.updateTable('silences').set({ starts_at: new Date(0), ends_at: new Date(1) }).where('silence_id', '=', three.silence_id).execute();
    await passed(3_600);
    await stage.tell();
    expect(stage.receiver.received[1]).toMatchObject({ body: { data: { incident: { incident_id: held!.incident_id } } } });
    expect(stage.receiver.received).toHaveLength(2);
  });

  it('holds back with a silence what waits already, also with one that begins later', async () => {
    await stage.newHook({ group_s: 3600 });
    const keys = [stage.newName('waiting'), stage.newName('waiting'), stage.newName('waiting')];
    await stage.misuseAll(keys);
    await stage.tell();
    const now = await silence({ key_id: keys[0] });
    const later = await silence({ key_id: keys[1], from: new Date(Date.now() + 60_000).toISOString() });
    await stage.database.updateTable('silences').set({ starts_at: new Date(0) }).where('silence_id', '=', later.silence_id).execute();
    await stage.job.runToTheEnd();
    await stage.makeDue();
    await stage.tell();
    expect(stage.receiver.received).toMatchObject([{ body: { data: { incident: { key_ids: [keys[2]] } } } }]);
    for (const { silence_id } of [now, later]) await end(silence_id);
    await stage.tell();
    await stage.makeDue();
    await stage.tell();
    expect(stage.receiver.received.slice(1).flatMap(({ body }) => body.data.incident.key_ids).sort()).toEqual(keys.slice(0, 2).sort());
  });

  it('takes no silence that ends before it begins, or that names nothing', async () => {
    for (const fields of [{ from: inAnHour(), to: new Date(Date.now() + 60_000).toISOString() }, { to: new Date(Date.now() - 1_000).toISOString() }, { to: new Date(Date.now() + 91 * 86_400_000).toISOString() }]) {
      expect((await stage.app.call('/v1/silences', { body: { workspace: 'default', reason: 'x', ...fields } })).status).toBe(400);
    }
    expect((await stage.app.call('/v1/silences', { body: { to: inAnHour(), reason: 'all' } })).status).toBe(400);
  });

  it('holds back until quiet hours end', async () => {
    const quiet = await stage.newHook({ quiet_hours: { time_zone: 'UTC', from: '00:00', to: '00:00', except_from: 'critical' } });
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    expect(await stage.deliveries(`incident_id=${incident_id}`)).toMatchObject([{ channel_id: quiet.channel_id, state: 'pending', attempts: 0 }]);
  });

  it('reminds of what nobody takes up, each time under another id, until somebody does', async () => {
    await stage.newHook({ remind_s: 600, remind_times: 2 });
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    for (let time = 0; time < 4; time += 1) {
      for (let again = 0; again < 2; again += 1) await stage.tell();
      await passed(600);
    }
    await stage.tell();
    expect(told()).toEqual([['incident.opened', 'open'], ['incident.reminder', 'open'], ['incident.reminder', 'open']]);
    expect(new Set(stage.receiver.received.map(({ id }) => id)).size).toBe(3);
    for (const state of ['acknowledged', 'open']) {
      await stage.move(incident_id, state);
      await stage.tell();
    }
    await passed(600);
    await stage.tell();
    await stage.move(incident_id, 'acknowledged');
    await passed(600);
    await stage.tell();
    await passed(600);
    await stage.tell();
    expect(told().slice(3)).toEqual([['incident.state_changed', 'acknowledged'], ['incident.state_changed', 'open'], ['incident.reminder', 'open'], ['incident.state_changed', 'acknowledged']]);
  });

  it('reminds of what was told before the route reminded, and says nothing in a silence', async () => {
    const { channel_id } = await stage.newChannel();
    const { route_id } = await stage.newRoute(channel_id);
    const key = await stage.misuse();
    await stage.tell();
    await passed(600);
    expect((await stage.app.call(`/v1/alert-routes/${route_id}`, { method: 'PATCH', body: { remind_s: 600 } })).status).toBe(200);
    const { silence_id } = await silence({ key_id: key });
    await stage.tell();
    expect(stage.receiver.received).toHaveLength(1);
    await stage.database.updateTable('silences').set({ starts_at: new Date(0), ends_at: new Date(1) }).where('silence_id', '=', silence_id).execute();
    await passed(3_600);
    await stage.tell();
    expect(told()).toEqual([['incident.opened', 'open'], ['incident.reminder', 'open']]);
  });

  it('tells of a group the first at once and those that follow in one message, which is sent again as it is until it is taken', async () => {
    await stage.newHook({ group_by: ['workspace', 'rule'], group_interval_s: 600 });
    const first = await stage.misuse();
    await stage.tell();
    const keys = Array.from({ length: 5 }, () => stage.newName('grouped'));
    await stage.misuseAll(keys);
    await stage.tell();
    const ids = (await Promise.all(keys.map((key) => stage.incidentOf(key)))).map(({ incident_id }) => incident_id);
    await stage.move(ids[0]!, 'resolved');
    await stage.tell();
    expect(stage.receiver.received.map(({ body }) => body.data.incident.key_ids)).toEqual([[first]]);
    stage.receiver.answer = answerWith(500);
    await passed(600);
    await stage.tell();
    await stage.move(ids[1]!, 'acknowledged');
    await stage.tell();
    stage.receiver.answer = answerWith(204);
    await stage.makeDue();
    await stage.tell();
    const [, failed, again, after] = stage.receiver.received;
    expect([again!.id, again!.text]).toEqual([failed!.id, failed!.text]);
    expect(again!.body).toMatchObject({ type: 'incident.group', data: { group: { by: { workspace: 'default', rule: 'denied-burst' } } } });
    const listed = again!.body.data.group!.incidents;
    expect(listed.map(({ incident_id }) => incident_id).sort()).toEqual([...ids].sort());
    expect(listed.find(({ incident_id }) => incident_id === ids[0])).toMatchObject({ state: 'resolved', change_ids: [expect.any(Number), expect.any(Number)] });
    expect(after!.body).toMatchObject({ type: 'incident.state_changed', data: { incident: { incident_id: ids[1], state: 'acknowledged' } } });
    expect(stage.receiver.received).toHaveLength(4);
    for (const id of ids) expect((await stage.deliveries(`incident_id=${id}`)).at(-1)).toMatchObject({ state: 'delivered', carried_by: again!.id });
  });

  it('leaves out of a list what a silence holds back in the meantime, and sends no empty one', async () => {
    await stage.newHook({ group_by: ['workspace'], group_interval_s: 600 });
    await stage.misuse();
    const keys = [stage.newName('carried'), stage.newName('carried')];
    await stage.misuseAll(keys);
    await stage.tell();
    for (const key_id of keys) await silence({ key_id });
    await passed(600);
    await stage.tell();
    expect(stage.receiver.received).toHaveLength(1);
    expect(await stage.deliveries('state=pending')).toEqual([]);
  });

  it('groups nothing for channels that keep incidents apart by their keys', async () => {
    const { channel_id } = await stage.newChannel({ config: { kind: 'pagerduty' }, secrets: { routing_key: 'r' } });
    expect((await stage.app.call('/v1/alert-routes', { body: { channel_id, group_by: ['workspace'] } })).body).toMatchObject({ status: 400, code: 'cannot_group' });
    const { route_id } = await stage.newRoute(channel_id, { remind_s: 3600 });
    expect((await stage.app.call(`/v1/alert-routes/${route_id}`, { method: 'PATCH', body: { group_by: ['owner'] } })).status).toBe(400);
  });
});
