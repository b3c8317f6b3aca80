import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { AlertsJob } from '@keytrail/alerting';
import type { AlertChannel, AlertDelivery, AlertDeliveryPage, AlertRoute, CreatedAlertChannel, IncidentPage, IncidentSummary } from '@keytrail/contracts';
import { Database } from '@keytrail/postgres';
import { startTestApp, type Answer, type TestApp } from './app.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

/** What specs of alerts have before them: a server whose alerts go out only when they say so, and a receiver that is new for each test. */
export class AlertStage {
  app!: TestApp;
  receiver!: WebhookReceiver;
  private next = 0;

  /** Registers what starts and stops it, within a `describe`. */
  constructor(env: () => Promise<Record<string, string>>) {
    beforeAll(async () => {
      this.app = await startTestApp({ ...await env(), KEYTRAIL_ALERT_ALLOWED_NETWORKS: '127.0.0.1', KEYTRAIL_ALERT_TIMEOUT_MS: '1000', KEYTRAIL_PUBLIC_URL: 'https://keytrail.example/', KEYTRAIL_ALERT_FAILING_AFTER_S: '10' });
    });
    beforeEach(async () => {
      this.receiver = await startWebhookReceiver();
    });
    afterEach(async () => {
      await this.receiver.stop();
      const { body } = await this.app.call<{ data: AlertChannel[] }>('/v1/alert-channels?limit=200');
      for (const { channel_id } of body.data) await this.app.call(`/v1/alert-channels/${channel_id}`, { method: 'DELETE' });
    });
    afterAll(() => this.app.stop());
  }

  get database(): Database {
    return this.app.standalone.app.get(Database, { strict: false });
  }

  get job(): AlertsJob {
    return this.app.standalone.app.get(AlertsJob, { strict: false });
  }

  newName(prefix: string): string {
    return `${prefix}-${this.next += 1}`;
  }

  made<T>({ status, body }: Answer<T>): T {
    expect([status, body]).toEqual([201, body]);
    return body;
  }

  async newChannel(fields: object = {}): Promise<CreatedAlertChannel> {
    const secret = this.receiver.secrets[0] ??= `whsec_${randomBytes(24).toString('base64')}`;
    return this.made(await this.app.call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'hook', config: { kind: 'webhook', url: `${this.receiver.url}/in` }, secrets: { signing_secret: secret }, ...fields } }));
  }

  async newRoute(channel_id: string, fields: object = {}): Promise<AlertRoute> {
    return this.made(await this.app.call<AlertRoute>('/v1/alert-routes', { body: { channel_id, ...fields } }));
  }

  async newHook(route: object = {}): Promise<CreatedAlertChannel> {
    const channel = await this.newChannel();
    await this.newRoute(channel.channel_id, route);
    return channel;
  }

  /** Refused calls of new keys: an incident of its own for each. */
  async misuseAll(keys: readonly string[]): Promise<void> {
    const line = (key: string, place: number, index: number) => JSON.stringify({
      time: Date.now() - 60_000 + index * 10, request_id: this.newName(key), key_id: key, method: 'GET', path: '/', status: 403, address: `${100 + place % 100}.${Math.floor(place / 100)}.0.9`, user_agent: key,
    });
    const from = this.next;
    expect((await this.app.call('/v1/request-logs', { body: keys.flatMap((key, at) => Array.from({ length: 30 }, (_, index) => line(key, from + at, index))).join('\n') })).status).toBe(200);
    await this.app.detect();
  }

  /** The same with one key, which it gives. */
  async misuse(key = this.newName('misused')): Promise<string> {
    await this.misuseAll([key]);
    return key;
  }

  async incidentOf(key: string): Promise<IncidentSummary> {
    return (await this.app.call<IncidentPage>(`/v1/incidents?key_id=${key}`)).body.data[0]!;
  }

  async move(incidentId: string, state: string): Promise<void> {
    expect((await this.app.call(`/v1/incidents/${incidentId}`, { method: 'PATCH', body: { state } })).status).toBe(200);
  }

  /** Sends what is due, to its end. */
  tell(): Promise<void> {
    return this.job.runToTheEnd();
  }

  async deliveries(query: string): Promise<AlertDelivery[]> {
    return (await this.app.call<AlertDeliveryPage>(`/v1/alert-deliveries?${query}`)).body.data;
  }

  /** Makes what waits for its time due. */
  async makeDue(): Promise<void> {
    await this.database.updateTable('alert_deliveries').set({ send_at: new Date(0) }).where('state', '=', 'pending').execute();
  }
}
