import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { AlertsJob } from '@keytrail/alerting';
import type { AlertChannel, AlertDelivery, AlertDeliveryPage, AlertDeliveryWithEvent, AlertRoute, AuditPage, CreatedAlertChannel, IncidentPage, Problem, Silence } from '@keytrail/contracts';
import { Database } from '@keytrail/postgres';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf } from '../support/registry.js';
import { answerWith, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

describeOnBoth('alerts', (env) => {
  let app: TestApp;
  let receiver: WebhookReceiver;
  let next = 0;
  beforeAll(async () => {
    app = await startTestApp({ ...await env(), KEYTRAIL_ALERT_ALLOWED_NETWORKS: '127.0.0.1', KEYTRAIL_ALERT_TIMEOUT_MS: '1000', KEYTRAIL_PUBLIC_URL: 'https://keytrail.example/', KEYTRAIL_ALERT_FAILING_AFTER_S: '10' });
  });
  beforeEach(async () => {
    receiver = await startWebhookReceiver();
  });
  afterEach(async () => {
    await receiver.stop();
    const { body } = await app.call<{ data: AlertChannel[] }>('/v1/alert-channels');
    for (const { channel_id } of body.data) await app.call(`/v1/alert-channels/${channel_id}`, { method: 'DELETE' });
  });
  afterAll(() => app.stop());

  const made = <T>({ status, body }: Answer<T>): T => {
    expect([status, body]).toEqual([201, body]);
    return body;
  };
  const newChannel = async (fields: object = {}) => made(await app.call<CreatedAlertChannel>('/v1/alert-channels', {
    body: { name: 'hook', config: { kind: 'webhook', url: `${receiver.url}/in` }, secrets: { signing_secret: receiver.secrets[0] ??= newSecret() }, ...fields },
  }));
  const newRoute = async (channel_id: string, fields: object = {}) => made(await app.call<AlertRoute>('/v1/alert-routes', { body: { channel_id, ...fields } }));
  const newHook = async (route: object = {}) => {
    const channel = await newChannel();
    await newRoute(channel.channel_id, route);
    return channel;
  };
  /** Refused calls of a new key: an incident of its own. Gives the key. */
  const misuse = async (key = `misused-${next += 1}`) => {
    const from = next * 10 + 1;
    const body = Array.from({ length: 30 }, (_, index) => JSON.stringify({
      time: Date.now() - 60_000 + index * 10, request_id: `a-${next += 1}`, key_id: key, method: 'GET', path: '/', status: 403, address: `203.0.${from % 256}.9`, user_agent: 'acme/1',
    })).join('\n');
    expect((await app.call('/v1/request-logs', { body })).status).toBe(200);
    await app.detect();
    return key;
  };
  const incidentOf = async (key: string) => (await app.call<IncidentPage>(`/v1/incidents?key_id=${key}`)).body.data[0]!;
  const tell = () => app.standalone.app.get(AlertsJob, { strict: false }).runToTheEnd();
  const deliveries = async (query: string) => (await app.call<AlertDeliveryPage>(`/v1/alert-deliveries?${query}`)).body.data;
  /** Makes what waits for its time due. */
  const makeDue = async () => {
    await app.standalone.app.get(Database, { strict: false }).updateTable('alert_deliveries').set({ send_at: new Date(0) }).where('state', '=', 'pending').execute();
  };

  it('tells a webhook of an incident once, signed so that the library\'s own verifier takes it', async () => {
    await newHook();
    const key = await misuse();
    await tell();
    await tell();
    const incident = await incidentOf(key);
    expect(receiver.refused).toEqual([]);
    expect(receiver.received).toMatchObject([{ path: '/in', body: {
      type: 'incident.opened', data: {
        incident: { incident_id: incident.incident_id, title: incident.title, severity: 'high', state: 'open', key_ids: [key] }, changes: [{ kind: 'opened', was: null }],
        url: `https://keytrail.example/incidents/${incident.incident_id}`, what_to_do: expect.arrayContaining([expect.objectContaining({ call: expect.stringContaining(`key_id=${key}`) })]),
      },
    } }]);
    expect(await deliveries(`incident_id=${incident.incident_id}`)).toMatchObject([{ delivery_id: receiver.received[0]!.id, state: 'delivered', attempts: 1, status: 204 }]);
  });

  it('says what became of the incident, in order, each under an id of its own', async () => {
    await newHook();
    const { incident_id } = await incidentOf(await misuse());
    await tell();
    for (const state of ['acknowledged', 'resolved', 'open']) {
      expect((await app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state } })).status).toBe(200);
      await tell();
    }
    expect(receiver.received.map(({ body }) => [body.type, body.data.incident.state])).toEqual([
      ['incident.opened', 'open'], ['incident.state_changed', 'acknowledged'], ['incident.state_changed', 'resolved'], ['incident.state_changed', 'open'],
    ]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(4);
  });

  it('sends again under the same id with the same bytes after a failure, and what came after it only then', async () => {
    await newHook();
    receiver.answer = answerWith(500);
    const { incident_id } = await incidentOf(await misuse());
    await tell();
    await app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state: 'acknowledged' } });
    await tell();
    expect(await deliveries(`incident_id=${incident_id}`)).toMatchObject([{ attempts: 0 }, { attempts: 1, status: 500, failure: 'the receiver answered 500' }]);
    receiver.answer = answerWith(200);
    await makeDue();
    await tell();
    const [first, again, second] = receiver.received;
    expect([first!.id, first!.text]).toEqual([again!.id, again!.text]);
    expect(second).toMatchObject({ body: { type: 'incident.state_changed' } });
    expect(receiver.received).toHaveLength(3);
  });

  it('is neither lost nor told when the change is rolled back', async () => {
    await newHook();
    const database = app.standalone.app.get(Database, { strict: false });
    const { incident_id } = await incidentOf(await misuse());
    await tell();
    await expect(database.transaction().execute(async (transaction) => {
      await transaction.updateTable('incidents').set({ state: 'resolved' }).where('incident_id', '=', incident_id).execute();
      throw new Error('rolled back');
    })).rejects.toThrow('rolled back');
    await tell();
    expect(receiver.received).toHaveLength(1);
  });

  it('never answers a secret again, and signs with both while one takes the place of the other', async () => {
    const created = made(await app.call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'made', config: { kind: 'webhook', url: receiver.url } } }));
    const first = created.signing_secret!;
    const path = `/v1/alert-channels/${created.channel_id}`;
    const second = (await app.call<CreatedAlertChannel>(`${path}/rotate-secret`, { body: { overlap_s: 3600 } })).body.signing_secret!;
    expect((await app.call<AlertDelivery>(`${path}/test`, { body: {} })).body).toMatchObject({ state: 'delivered', type: 'test' });
    const [{ text, headers }] = receiver.received as [typeof receiver.received[number]];
    for (const secret of [first, second]) expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toMatchObject({ type: 'test' });
    await app.call(`${path}/rotate-secret`, { body: { overlap_s: 0 } });
    await app.call(`${path}/test`, { body: {} });
    for (const secret of [first, second]) expect(() => new Webhook(secret).verify(receiver.received[1]!.text, receiver.received[1]!.headers as Record<string, string>)).toThrow();
    const seen = JSON.stringify([await app.call(path), await app.call('/v1/alert-channels'), await app.call('/v1/audit-entries?limit=1000'), await app.call('/v1/alert-deliveries')]);
    for (const secret of [first, second]) expect(seen).not.toContain(secret.slice(6));
    const kept = await app.standalone.app.get(Database, { strict: false }).selectFrom('alert_channel_secrets').selectAll().execute();
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
      const answer = await app.call<Problem>('/v1/alert-channels', { body });
      expect([field, answer.status, answer.body.errors?.map((error) => error.field)]).toEqual([field, 400, expect.arrayContaining([field])]);
    }
    const { channel_id } = await newChannel();
    for (const fields of [{ min_severity: 'worst' }, { renotify_s: 5 }, { quiet_hours: { time_zone: 'Mars/Base', from: '22:00', to: '25:00' } }, { rule_ids: [] }]) {
      expect((await app.call('/v1/alert-routes', { body: { channel_id, ...fields } })).status).toBe(400);
    }
    expect((await app.call('/v1/alert-channels', { body: { name: 'x', config: { kind: 'kafka', topic: 't' } } })).body).toMatchObject({ code: 'no_brokers' });
    expect((await app.call(`/v1/alert-channels/${channel_id}`, { method: 'PATCH', body: { config: { kind: 'slack' } } })).body).toMatchObject({ code: 'kind_is_fixed' });
    expect((await app.call('/v1/alert-routes', { body: { channel_id: 'chn_00000000000000000000000000000000' } })).status).toBe(404);
  });

  it('reaches no private address, and tells whoever asks no more than that', async () => {
    for (const url of ['http://127.0.0.2:9/', 'https://169.254.169.254/latest/meta-data', 'http://10.0.0.1/', 'http://[::1]:9/', 'http://localhost.:9/']) {
      const { channel_id } = await newChannel({ config: { kind: 'webhook', url } });
      const { body } = await app.call<AlertDelivery>(`/v1/alert-channels/${channel_id}/test`, { body: {} });
      expect([url, body.state, body.status]).toEqual([url, 'failed', null]);
      if (!url.includes('localhost')) expect(body.failure).toContain('may not reach');
    }
  });

  it('is routed by severity, rule, owner and workspace', async () => {
    for (const route of [{ min_severity: 'critical' }, { rule_ids: ['leaked-key'] }, { owner_ids: ['own_00000000000000000000000000000000'] }, { workspaces: ['elsewhere'] }]) await newHook(route);
    const fits = await newHook({ min_severity: 'high', rule_ids: ['denied-burst'], workspaces: ['default'] });
    const { incident_id } = await incidentOf(await misuse());
    await tell();
    expect(await deliveries(`incident_id=${incident_id}`)).toMatchObject([{ channel_id: fits.channel_id, state: 'delivered' }]);
  });

  it('is held back by a silence until its end, and by quiet hours', async () => {
    await newHook();
    const key = `silent-${next += 1}`;
    const silence = made(await app.call<Silence>('/v1/silences', { body: { key_id: key, to: new Date(Date.now() + 3_600_000).toISOString(), reason: 'load test' } }));
    await misuse(key);
    await tell();
    const { incident_id } = await incidentOf(key);
    expect([receiver.received, await deliveries(`incident_id=${incident_id}`)]).toMatchObject([[], [{ state: 'silenced' }]]);
    expect((await app.call<Silence>(`/v1/silences/${silence.silence_id}/end`, { body: {} })).body.ended_by).not.toBeNull();
    await app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state: 'acknowledged' } });
    await tell();
    expect(receiver.received).toHaveLength(1);
    expect((await app.call(`/v1/silences/${silence.silence_id}/end`, { body: {} })).status).toBe(409);
    expect((await app.call('/v1/silences', { body: { to: new Date(Date.now() + 1_000).toISOString(), reason: 'all' } })).status).toBe(400);

    const whole = { time_zone: 'UTC', from: '00:00', to: '00:00', except_from: 'critical' };
    const quiet = await newHook({ quiet_hours: whole });
    const held = await incidentOf(await misuse());
    await tell();
    expect((await deliveries(`incident_id=${held.incident_id}`)).find(({ channel_id }) => channel_id === quiet.channel_id)).toMatchObject({ state: 'pending', attempts: 0 });
  });

  it('switches a channel off that answers 410, and says so through the others', async () => {
    const dead = await newHook();
    receiver.answer = (response, request, received) => {
      if (request.url === '/in') answerWith(410)(response, request, received);
      else answerWith(204)(response, request, received);
    };
    const other = await newChannel({ config: { kind: 'webhook', url: `${receiver.url}/other` } });
    await newRoute(other.channel_id, { rule_ids: ['alert-channel-failing'] });
    await misuse();
    await tell();
    expect((await app.call<AlertChannel>(`/v1/alert-channels/${dead.channel_id}`)).body).toMatchObject({ enabled: false, health: { state: 'switched_off', switched_off_because: expect.stringContaining('410'), incident_id: expect.any(String) } });
    expect(receiver.received.filter(({ path }) => path === '/other')).toMatchObject([{ body: { data: { incident: { title: 'Alerts do not get through: hook', rule_ids: ['alert-channel-failing'] } } } }]);
    await misuse();
    await tell();
    expect(receiver.received.filter(({ path }) => path === '/in')).toHaveLength(1);
  });

  it('makes an incident of a channel that fails for long, and resolves it when something gets through', async () => {
    const { channel_id } = await newHook();
    receiver.answer = answerWith(500);
    await misuse();
    await tell();
    const database = app.standalone.app.get(Database, { strict: false });
    const job = app.standalone.app.get(AlertsJob, { strict: false });
    const channel = async () => (await app.call<AlertChannel>(`/v1/alert-channels/${channel_id}`)).body;
    await job.lookAfterChannels();
    expect(await channel()).toMatchObject({ health: { state: 'failing', incident_id: null, last_failure: 'the receiver answered 500' } });
    await database.updateTable('alert_channels').set({ failing_since: new Date(Date.now() - 11_000) }).where('channel_id', '=', channel_id).execute();
    for (let time = 0; time < 2; time += 1) await job.lookAfterChannels();
    const { incident_id } = (await channel()).health;
    expect((await app.call<{ state: string; evidence: unknown[] }>(`/v1/incidents/${incident_id}`)).body).toMatchObject({ state: 'open', title: 'Alerts do not get through: hook', evidence: [expect.anything()] });
    receiver.answer = answerWith(204);
    await makeDue();
    await tell();
    expect(await channel()).toMatchObject({ health: { state: 'working', incident_id: null } });
    expect((await app.call<{ state: string }>(`/v1/incidents/${incident_id}`)).body.state).toBe('resolved');
  });

  it('makes another incident of a channel that fails on though somebody closed the first', async () => {
    const { channel_id } = await newHook();
    receiver.answer = answerWith(500);
    await misuse();
    await tell();
    const database = app.standalone.app.get(Database, { strict: false });
    const job = app.standalone.app.get(AlertsJob, { strict: false });
    const incidentOfChannel = async () => (await app.call<AlertChannel>(`/v1/alert-channels/${channel_id}`)).body.health.incident_id;
    const longAgo = new Date(Date.now() - 3_600_000);
    await database.updateTable('alert_channels').set({ failing_since: longAgo }).where('channel_id', '=', channel_id).execute();
    await job.lookAfterChannels();
    const first = await incidentOfChannel();
    await app.call(`/v1/incidents/${first}`, { method: 'PATCH', body: { state: 'resolved', note: 'should work by now' } });
    await job.lookAfterChannels();
    expect(await incidentOfChannel()).toBe(first);
    await database.updateTable('incidents').set({ closed_at: new Date(Date.now() - 1_800_000) }).where('incident_id', '=', first!).execute();
    for (let time = 0; time < 2; time += 1) await job.lookAfterChannels();
    const second = await incidentOfChannel();
    expect(second).not.toBe(first);
    expect((await app.call<{ state: string }>(`/v1/incidents/${second}`)).body.state).toBe('open');
  });

  it('sends the secrets of a channel nowhere else than to where they were given for', async () => {
    const { channel_id } = made(await app.call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'am', config: { kind: 'alertmanager', url: `${receiver.url}/am` }, secrets: { password: 'p-w' } } }));
    const move = (url: string, secrets?: object) => app.call<{ code?: string }>(`/v1/alert-channels/${channel_id}`, { method: 'PATCH', body: { config: { kind: 'alertmanager', url }, ...(secrets && { secrets }) } });
    const elsewhere = 'https://elsewhere.example';
    const refused = await move(elsewhere);
    expect([refused.status, refused.body.code]).toEqual([400, 'secrets_needed']);
    expect((await move(`${receiver.url}/other`)).status).toBe(200);
    expect((await move(elsewhere, { password: 'another' })).status).toBe(200);
  });

  it('tells many channels of many incidents at once', async () => {
    const channels = await Promise.all(Array.from({ length: 50 }, () => newHook()));
    const silence = await app.call('/v1/silences', { body: { workspace: 'default', to: new Date(Date.now() + 3_600_000).toISOString(), reason: 'they are counted, not sent' } });
    const keys = Array.from({ length: 100 }, () => `many-${next += 1}`);
    const line = (key: string, place: number, index: number) => JSON.stringify({
      time: Date.now() - 60_000 + index * 10, request_id: `${key}-${index}`, key_id: key, method: 'GET', path: '/', status: 403, address: `100.${place}.0.9`, user_agent: key,
    });
    await app.call('/v1/request-logs', { body: keys.flatMap((key, place) => Array.from({ length: 30 }, (_, index) => line(key, place, index))).join('\n') });
    await app.detect();
    await tell();
    await app.call(`/v1/silences/${(silence.body as { silence_id: string }).silence_id}/end`, { body: {} });
    const database = app.standalone.app.get(Database, { strict: false });
    const told = await database.selectFrom('alert_deliveries').select(['channel_id', 'incident_id']).where('state', '=', 'silenced').where('channel_id', 'in', channels.map(({ channel_id }) => channel_id)).execute();
    const incidents = new Set(told.map(({ incident_id }) => incident_id)).size;
    expect(incidents).toBeGreaterThanOrEqual(100);
    expect(told.length).toBe(50 * incidents);
    expect(await database.selectFrom('incident_changes').select('change_id').where('fanned_out_at', 'is', null).execute()).toEqual([]);
  });

  it('sends again what was given up, under the id it had, and keeps the account of it', async () => {
    await newHook();
    receiver.answer = answerWith(500);
    const { incident_id } = await incidentOf(await misuse());
    await tell();
    await app.standalone.app.get(Database, { strict: false }).updateTable('alert_deliveries').set({ attempts: 14, send_at: new Date(0) }).where('state', '=', 'pending').execute();
    await tell();
    const [given] = await deliveries(`incident_id=${incident_id}`);
    expect(given).toMatchObject({ state: 'failed', failure: 'the receiver answered 500' });
    receiver.answer = answerWith(204);
    expect((await app.call(`/v1/alert-deliveries/${given!.delivery_id}/redeliver`, { body: { reason: 'it is up again' } })).status).toBe(200);
    await tell();
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([given!.delivery_id]));
    expect((await app.call<AlertDeliveryWithEvent>(`/v1/alert-deliveries/${given!.delivery_id}`)).body).toMatchObject({ state: 'delivered', event: { type: 'incident.opened' } });
    expect((await app.call<AuditPage>(`/v1/audit-entries?object_id=${given!.delivery_id}`)).body.data).toMatchObject([{ action: 'alert_delivery.redelivered', reason: 'it is up again' }]);
  });

  it('keeps callers of a workspace to their channels, and the account\'s channels to those of the account', async () => {
    const registry = registryOf(app);
    const mine = await registry.workspace(`team-${next += 1}`);
    const token = await registry.token('admin', [mine]);
    const account = await newHook();
    const own = made(await app.call<CreatedAlertChannel>('/v1/alert-channels', { token, body: { name: 'ours', workspace: mine, config: { kind: 'webhook', url: receiver.url } } }));
    expect((await app.call<{ data: AlertChannel[] }>('/v1/alert-channels', { token })).body.data.map(({ channel_id }) => channel_id)).toEqual([own.channel_id]);
    for (const [method, path, body] of [
      ['GET', `alert-channels/${account.channel_id}`], ['DELETE', `alert-channels/${account.channel_id}`], ['POST', `alert-channels/${account.channel_id}/test`, {}], ['POST', 'alert-routes', { channel_id: account.channel_id }],
    ] as [string, string, object?][]) expect([path, (await app.call(`/v1/${path}`, { method, token, body })).status]).toEqual([path, 404]);
    for (const body of [{ name: 'all', config: { kind: 'webhook', url: receiver.url } }]) expect((await app.call('/v1/alert-channels', { token, body })).status).toBe(403);
    made(await app.call<AlertRoute>('/v1/alert-routes', { token, body: { channel_id: own.channel_id } }));
    const { incident_id } = await incidentOf(await misuse());
    await tell();
    expect((await deliveries(`incident_id=${incident_id}`)).map(({ channel_id }) => channel_id)).toEqual([account.channel_id]);
    expect((await app.call('/v1/silences', { token, body: { rule_id: 'denied-burst', to: new Date(Date.now() + 60_000).toISOString(), reason: 'x' } })).status).toBe(403);
    expect((await app.call('/v1/silences', { token, body: { incident_id, to: new Date(Date.now() + 60_000).toISOString(), reason: 'x' } })).status).toBe(404);
  });

  it('is written down: every change of channels and routes', async () => {
    const { channel_id } = await newChannel();
    const { route_id } = await newRoute(channel_id);
    await app.call(`/v1/alert-routes/${route_id}`, { method: 'PATCH', body: { min_severity: 'critical', quiet_hours: null } });
    await app.call(`/v1/alert-channels/${channel_id}`, { method: 'PATCH', body: { enabled: false } });
    await app.call(`/v1/alert-routes/${route_id}`, { method: 'DELETE' });
    await app.call(`/v1/alert-channels/${channel_id}`, { method: 'DELETE' });
    const actions = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data.map(({ action }) => action).reverse();
    expect(await actions(channel_id)).toEqual(['alert_channel.created', 'alert_channel.changed', 'alert_channel.deleted']);
    expect(await actions(route_id)).toEqual(['alert_route.created', 'alert_route.changed', 'alert_route.deleted']);
  });
});
