import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { AlertingModule, AlertingSettings, AlertsJob } from '@keytrail/alerting';
import { ClickHouse } from '@keytrail/clickhouse';
import type { CreatedAlertChannel, IncidentPage, IncidentSummary } from '@keytrail/contracts';
import { JobSchedule, PlatformModule, Secrets } from '@keytrail/platform';
import { Database, PostgresModule } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';
import { createPostgresDatabase, describeWithPostgres, type PostgresDatabase } from '../support/postgres.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const INCIDENTS = 12;

describeWithPostgres('several processes that send alerts', () => {
  let database: PostgresDatabase;
  let receiver: WebhookReceiver;
  let app: TestApp;
  let jobs: AlertsJob[];
  const closing: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    database = await createPostgresDatabase();
    receiver = await startWebhookReceiver();
    app = await startTestApp({ KEYTRAIL_POSTGRES_URL: database.url, KEYTRAIL_ALERT_ALLOWED_NETWORKS: '127.0.0.1' });
    jobs = [app.standalone.app.get(AlertsJob, { strict: false }), await startSender(), await startSender()];
  }, 120_000);
  afterAll(async () => {
    for (const one of closing) await one.close();
    await app?.stop();
    await receiver?.stop();
    await database?.drop();
  });

  /** What another process has of its own: connections to the database, and all that sends. Request logs are kept in one process. */
  const startSender = async (): Promise<AlertsJob> => {
    const context = await NestFactory.createApplicationContext({
      module: class Sender {}, imports: [
        PlatformModule.forRoot({ secrets: app.standalone.app.get(Secrets, { strict: false }), schedule: JobSchedule.off }), PostgresModule.forRoot(await Database.open({ url: database.url })),
        { module: class Logs {}, global: true, providers: [{ provide: ClickHouse, useValue: app.standalone.app.get(ClickHouse, { strict: false }) }], exports: [ClickHouse] },
        AlertingModule.forRoot(new AlertingSettings({ allowedNetworks: ['127.0.0.1'] })),
      ],
    }, { logger: false, abortOnError: false });
    closing.push(context);
    return context.get(AlertsJob, { strict: false });
  };
  const call = <T>(path: string, options: object = {}) => app.call<T>(path, options);
  const tellAll = () => Promise.all(jobs.map((job) => job.runToTheEnd()));
  const incidents = async (): Promise<IncidentSummary[]> => (await call<IncidentPage>('/v1/incidents')).body.data;

  it('share the work: each message is sent by one of them, once, and those of an incident in order', async () => {
    const { channel_id } = (await call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'hook', config: { kind: 'webhook', url: receiver.url } } })).body;
    await call('/v1/alert-routes', { body: { channel_id } });
    const lines = Array.from({ length: INCIDENTS }, (_, incident) => Array.from({ length: 30 }, (_, index) => JSON.stringify({
      time: Date.now() - 60_000 + index * 10, request_id: `w-${incident}-${index}`, key_id: `key-${incident}`, method: 'GET', path: '/', status: 403, address: `203.0.${incident + 1}.9`, user_agent: `acme-${incident}/1`,
    }))).flat();
    await call('/v1/request-logs', { body: lines.join('\n') });
    await app.detect();
    expect(await incidents()).toHaveLength(INCIDENTS);
    for (const state of ['acknowledged', 'resolved', 'open']) {
      await tellAll();
      // Half of them while messages are on their way.
      const telling = tellAll();
      for (const { incident_id } of await incidents()) expect((await call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state } })).status).toBe(200);
      await telling;
    }
    await tellAll();
    const ids = receiver.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { incident_id } of await incidents()) {
      const changes = receiver.received.filter(({ body }) => body.data.incident.incident_id === incident_id).flatMap(({ body }) => body.data.changes);
      expect(changes.map(({ kind }) => kind)).toEqual(['opened', 'state', 'state', 'state']);
      expect(changes.map(({ change_id }) => change_id)).toEqual(changes.map(({ change_id }) => change_id).sort((a, b) => a - b));
    }
  }, 60_000);
});
