import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { AlertsJob } from '@keytrail/alerting';
import type { AlertChannel, AlertDeliveryPage, AlertRoute, CreatedAlertChannel, IncidentPage } from '@keytrail/contracts';
import { Database } from '@keytrail/postgres';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { answerWith, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

describeOnBoth('alerts', (env) => {
  let app: TestApp;
  let receiver: WebhookReceiver;
  let next = 0;
  beforeAll(async () => {
    app = await startTestApp({ ...await env(), KEYTRAIL_ALERT_ALLOWED_NETWORKS: '127.0.0.1', KEYTRAIL_ALERT_TIMEOUT_MS: '1000', KEYTRAIL_PUBLIC_URL: 'https://keytrail.example/' });
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
});
