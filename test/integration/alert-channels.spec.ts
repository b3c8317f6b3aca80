import { expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { AlertChannel, AlertDelivery, AlertRoute, AuditPage, CreatedAlertChannel, Problem } from '@keytrail/contracts';
import { AlertStage } from '../support/alert-stage.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf } from '../support/registry.js';
import { answerWith } from '../support/webhook-receiver.js';

describeOnBoth('alert channels', (env) => {
  const stage = new AlertStage(env);

  it('never answers a secret again, and signs with both while one takes the place of the other', async () => {
    const created = stage.made(await stage.app.call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'made', config: { kind: 'webhook', url: stage.receiver.url } } }));
    const first = created.signing_secret!;
    const path = `/v1/alert-channels/${created.channel_id}`;
    const second = (await stage.app.call<CreatedAlertChannel>(`${path}/rotate-secret`, { body: { overlap_s: 3600 } })).body.signing_secret!;
    expect((await stage.app.call<AlertDelivery>(`${path}/test`, { body: {} })).body).toMatchObject({ state: 'delivered', type: 'test' });
    const [{ text, headers }] = stage.receiver.received as [typeof stage.receiver.received[number]];
    for (const secret of [first, second]) expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toMatchObject({ type: 'test' });
    await stage.app.call(`${path}/rotate-secret`, { body: { overlap_s: 0 } });
    await stage.app.call(`${path}/test`, { body: {} });
    for (const secret of [first, second]) expect(() => new Webhook(secret).verify(stage.receiver.received[1]!.text, stage.receiver.received[1]!.headers as Record<string, string>)).toThrow();
    const seen = JSON.stringify([await stage.app.call(path), await stage.app.call('/v1/alert-channels'), await stage.app.call('/v1/audit-entries?limit=1000'), await stage.app.call('/v1/alert-deliveries')]);
    for (const secret of [first, second]) expect(seen).not.toContain(secret.slice(6));
    const kept = await stage.database.selectFrom('alert_channel_secrets').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain(first.slice(6));
  });

  it('says what is wrong with a channel or route, field by field, and keeps out what could harm', async () => {
    const wrong: [object, string][] = [
      [{ name: 'x', config: { kind: 'webhook', url: 'ftp://x.example' } }, 'config.url'], [{ name: 'x', config: { kind: 'webhook', url: 'https://me:secret@x.example' } }, 'config.url'],
      [{ name: 'x', config: { kind: 'slack' } }, 'secrets.url'], [{ name: 'x', config: { kind: 'pagerduty' }, secrets: { routing_key: 'a b' } }, 'secrets.routing_key'],
      [{ name: 'x', config: { kind: 'email', host: 'mail.example', from: 'a@b.example', to: ['c@d.example\r\nBcc: e@f.example'] } }, 'config.to.0'],
      [{ name: 'x', config: { kind: 'email', host: 'mail.example', from: 'Evil <a@b.example>', to: ['c@d.example'] } }, 'config.from'],
      [{ name: 'x', config: { kind: 'syslog', host: 'log example' } }, 'config.host'], [{ name: 'x', config: { kind: 'webhook', url: 'https://x.example' }, secrets: { signing_secret: 'short' } }, 'secrets.signing_secret'],
    ];
    for (const [body, field] of wrong) {
      const answer = await stage.app.call<Problem>('/v1/alert-channels', { body });
      expect([field, answer.status, answer.body.errors?.map((error) => error.field)]).toEqual([field, 400, expect.arrayContaining([field])]);
    }
    const { channel_id } = await stage.newChannel();
    for (const fields of [{ min_severity: 'worst' }, { renotify_s: 5 }, { quiet_hours: { time_zone: 'Mars/Base', from: '22:00', to: '25:00' } }, { rule_ids: [] }]) {
      expect((await stage.app.call('/v1/alert-routes', { body: { channel_id, ...fields } })).status).toBe(400);
    }
    expect((await stage.app.call('/v1/alert-channels', { body: { name: 'x', config: { kind: 'kafka', topic: 't' } } })).body).toMatchObject({ code: 'no_brokers' });
    expect((await stage.app.call(`/v1/alert-channels/${channel_id}`, { method: 'PATCH', body: { config: { kind: 'slack' } } })).body).toMatchObject({ code: 'kind_is_fixed' });
    expect((await stage.app.call('/v1/alert-routes', { body: { channel_id: 'chn_00000000000000000000000000000000' } })).status).toBe(404);
  });

  it('reaches no private address, and tells whoever asks no more than that', async () => {
    for (const url of ['http://127.0.0.2:9/', 'https://169.254.169.254/latest/meta-data', 'http://10.0.0.1/', 'http://[::1]:9/', 'http://localhost.:9/']) {
      const { channel_id } = await stage.newChannel({ config: { kind: 'webhook', url } });
      const { body } = await stage.app.call<AlertDelivery>(`/v1/alert-channels/${channel_id}/test`, { body: {} });
      expect([url, body.state, body.status]).toEqual([url, 'failed', null]);
      if (!url.includes('localhost')) expect(body.failure).toContain('may not reach');
    }
  });

  it('switches a channel off that answers 410, and says so through the others', async () => {
    const dead = await stage.newHook();
    stage.receiver.answer = (response, request, received) => {
      if (request.url === '/in') answerWith(410)(response, request, received);
      else answerWith(204)(response, request, received);
    };
    const other = await stage.newChannel({ config: { kind: 'webhook', url: `${stage.receiver.url}/other` } });
    await stage.newRoute(other.channel_id, { rule_ids: ['alert-channel-failing'] });
    await stage.misuse();
    await stage.tell();
    expect((await stage.app.call<AlertChannel>(`/v1/alert-channels/${dead.channel_id}`)).body).toMatchObject({ enabled: false, health: { state: 'switched_off', switched_off_because: expect.stringContaining('410'), incident_id: expect.any(String) } });
    expect(stage.receiver.received.filter(({ path }) => path === '/other')).toMatchObject([{ body: { data: { incident: { title: 'Alerts do not get through: hook', rule_ids: ['alert-channel-failing'] } } } }]);
    await stage.misuse();
    await stage.tell();
    expect(stage.receiver.received.filter(({ path }) => path === '/in')).toHaveLength(1);
  });

  it('makes an incident of a channel that fails for long, and resolves it when something gets through', async () => {
    const { channel_id } = await stage.newHook();
    stage.receiver.answer = answerWith(500);
    await stage.misuse();
    await stage.tell();
    const channel = async () => (await stage.app.call<AlertChannel>(`/v1/alert-channels/${channel_id}`)).body;
    await stage.job.lookAfterChannels();
    expect(await channel()).toMatchObject({ health: { state: 'failing', incident_id: null, last_failure: 'the receiver answered 500' } });
    await stage.database.updateTable('alert_channels').set({ failing_since: new Date(Date.now() - 11_000) }).where('channel_id', '=', channel_id).execute();
    for (let time = 0; time < 2; time += 1) await stage.job.lookAfterChannels();
    const { incident_id } = (await channel()).health;
    expect((await stage.app.call<{ state: string; evidence: unknown[] }>(`/v1/incidents/${incident_id}`)).body).toMatchObject({ state: 'open', title: 'Alerts do not get through: hook', evidence: [expect.anything()] });
    stage.receiver.answer = answerWith(204);
    await stage.makeDue();
    await stage.tell();
    expect(await channel()).toMatchObject({ health: { state: 'working', incident_id: null } });
    expect((await stage.app.call<{ state: string }>(`/v1/incidents/${incident_id}`)).body.state).toBe('resolved');
  });

  it('makes another incident of a channel that fails on though somebody closed the first', async () => {
    const { channel_id } = await stage.newHook();
    stage.receiver.answer = answerWith(500);
    await stage.misuse();
    await stage.tell();
    const incidentOfChannel = async () => (await stage.app.call<AlertChannel>(`/v1/alert-channels/${channel_id}`)).body.health.incident_id;
    const longAgo = new Date(Date.now() - 3_600_000);
    await stage.database.updateTable('alert_channels').set({ failing_since: longAgo }).where('channel_id', '=', channel_id).execute();
    await stage.job.lookAfterChannels();
    const first = await incidentOfChannel();
    await stage.app.call(`/v1/incidents/${first}`, { method: 'PATCH', body: { state: 'resolved', note: 'should work by now' } });
    await stage.job.lookAfterChannels();
    expect(await incidentOfChannel()).toBe(first);
    await stage.database.updateTable('incidents').set({ closed_at: new Date(Date.now() - 1_800_000) }).where('incident_id', '=', first!).execute();
    for (let time = 0; time < 2; time += 1) await stage.job.lookAfterChannels();
    const second = await incidentOfChannel();
    expect(second).not.toBe(first);
    expect((await stage.app.call<{ state: string }>(`/v1/incidents/${second}`)).body.state).toBe('open');
  });

  it('shows the token in an address to those who may change the channel, and nobody else, nor the audit trail', async () => {
    const token = 's3cr3tPathOfAHook';
    const { channel_id } = await stage.newChannel({ config: { kind: 'webhook', url: `${stage.receiver.url}/hooks/${token}` } });
    const path = `/v1/alert-channels/${channel_id}`;
    await stage.app.call(path, { method: 'PATCH', body: { config: { kind: 'webhook', url: `${stage.receiver.url}/again/${token}` } } });
    stage.receiver.answer = answerWith(500);
    await stage.app.call(`${path}/test`, { body: {} });
    expect(JSON.stringify(await stage.app.call(path))).toContain(token);
    for (const role of ['viewer', 'responder'] as const) {
      const reader = await registryOf(stage.app).token(role);
      const seen = JSON.stringify(await Promise.all([path, '/v1/alert-channels', `/v1/alert-deliveries?channel_id=${channel_id}`].map((one) => stage.app.call(one, { token: reader }))));
      expect(seen).toContain('/***Hook');
      expect(seen).not.toContain(token);
    }
    const audit = (await stage.app.call<AuditPage>(`/v1/audit-entries?object_id=${channel_id}`)).body.data;
    expect(audit.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(audit)).not.toContain(token);
  });

  it('counts a test of a channel as what it says of how well it works', async () => {
    const { channel_id } = await stage.newChannel();
    const path = `/v1/alert-channels/${channel_id}`;
    const health = async () => (await stage.app.call<AlertChannel>(path)).body.health;
    stage.receiver.answer = answerWith(503);
    await stage.app.call(`${path}/test`, { body: {} });
    expect(await health()).toMatchObject({ state: 'failing', last_failure: 'the receiver answered 503', failing_since: expect.any(String) });
    stage.receiver.answer = answerWith(204);
    await stage.app.call(`${path}/test`, { body: {} });
    expect(await health()).toMatchObject({ state: 'working', last_failure: null, last_delivered_at: expect.any(String) });
  });

  it('closes the incident about a channel that is deleted', async () => {
    const { channel_id } = await stage.newHook();
    stage.receiver.answer = answerWith(410);
    await stage.misuse();
    await stage.tell();
    const { incident_id } = (await stage.app.call<AlertChannel>(`/v1/alert-channels/${channel_id}`)).body.health;
    expect((await stage.app.call(`/v1/alert-channels/${channel_id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await stage.app.call(`/v1/incidents/${incident_id}`)).body).toMatchObject({ state: 'resolved', timeline: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('the channel was deleted') })]) });
  });

  it('sends the secrets of a channel nowhere else than to where they were given for', async () => {
    const { channel_id } = stage.made(await stage.app.call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'am', config: { kind: 'alertmanager', url: `${stage.receiver.url}/am` }, secrets: { password: 'p-w' } } }));
    const move = (url: string, secrets?: object) => stage.app.call<{ code?: string }>(`/v1/alert-channels/${channel_id}`, { method: 'PATCH', body: { config: { kind: 'alertmanager', url }, ...(secrets && { secrets }) } });
    const elsewhere = 'https://elsewhere.example';
    const refused = await move(elsewhere);
    expect([refused.status, refused.body.code]).toEqual([400, 'secrets_needed']);
    expect((await move(`${stage.receiver.url}/other`)).status).toBe(200);
    expect((await move(elsewhere, { password: 'another' })).status).toBe(200);
  });

  it('keeps callers of a workspace to their channels, and the account\'s channels to those of the account', async () => {
    const registry = registryOf(stage.app);
    const mine = await registry.workspace(stage.newName('team'));
    const token = await registry.token('admin', [mine]);
    const account = await stage.newHook();
    const own = stage.made(await stage.app.call<CreatedAlertChannel>('/v1/alert-channels', { token, body: { name: 'ours', workspace: mine, config: { kind: 'webhook', url: stage.receiver.url } } }));
    expect((await stage.app.call<{ data: AlertChannel[] }>('/v1/alert-channels', { token })).body.data.map(({ channel_id }) => channel_id)).toEqual([own.channel_id]);
    for (const [method, path, body] of [
      ['GET', `alert-channels/${account.channel_id}`], ['DELETE', `alert-channels/${account.channel_id}`], ['POST', `alert-channels/${account.channel_id}/test`, {}], ['POST', 'alert-routes', { channel_id: account.channel_id }],
    ] as [string, string, object?][]) expect([path, (await stage.app.call(`/v1/${path}`, { method, token, body })).status]).toEqual([path, 404]);
    for (const body of [{ name: 'all', config: { kind: 'webhook', url: stage.receiver.url } }]) expect((await stage.app.call('/v1/alert-channels', { token, body })).status).toBe(403);
    stage.made(await stage.app.call<AlertRoute>('/v1/alert-routes', { token, body: { channel_id: own.channel_id } }));
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    expect((await stage.deliveries(`incident_id=${incident_id}`)).map(({ channel_id }) => channel_id)).toEqual([account.channel_id]);
    expect((await stage.app.call('/v1/silences', { token, body: { rule_id: 'denied-burst', to: new Date(Date.now() + 60_000).toISOString(), reason: 'x' } })).status).toBe(403);
    expect((await stage.app.call('/v1/silences', { token, body: { incident_id, to: new Date(Date.now() + 60_000).toISOString(), reason: 'x' } })).status).toBe(404);
  });

  it('is written down: every change of channels and routes', async () => {
    const { channel_id } = await stage.newChannel();
    const { route_id } = await stage.newRoute(channel_id);
    await stage.app.call(`/v1/alert-routes/${route_id}`, { method: 'PATCH', body: { min_severity: 'critical', quiet_hours: null } });
    await stage.app.call(`/v1/alert-channels/${channel_id}`, { method: 'PATCH', body: { enabled: false } });
    await stage.app.call(`/v1/alert-routes/${route_id}`, { method: 'DELETE' });
    await stage.app.call(`/v1/alert-channels/${channel_id}`, { method: 'DELETE' });
    const actions = async (id: string) => (await stage.app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data.map(({ action }) => action).reverse();
    expect(await actions(channel_id)).toEqual(['alert_channel.created', 'alert_channel.changed', 'alert_channel.deleted']);
    expect(await actions(route_id)).toEqual(['alert_route.created', 'alert_route.changed', 'alert_route.deleted']);
  });
});
