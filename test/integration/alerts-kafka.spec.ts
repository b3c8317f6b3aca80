import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AlertsJob } from '@keytrail/alerting';
import type { AlertDelivery, CreatedAlertChannel, IncidentPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { consume } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';

describeWithKafka('alerts to a topic', () => {
  let app: TestApp;
  let brokers: string[];
  let topic: string;
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
    topic = await createTopic(brokers, { prefix: 'alerts' });
    app = await startTestApp({ KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: `unused-${topic}`, KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: `letters-${topic}`, KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: `keys-${topic}`, KEYTRAIL_KAFKA_GROUP: topic });
  }, 120_000);
  afterAll(() => app?.stop());

  it('are Detection Findings, in the order of what became of the incident', async () => {
    const { channel_id } = (await app.call<CreatedAlertChannel>('/v1/alert-channels', { body: { name: 'siem', config: { kind: 'kafka', topic } } })).body;
    await app.call('/v1/alert-routes', { body: { channel_id } });
    const body = Array.from({ length: 30 }, (_, index) => JSON.stringify({ time: Date.now() - 60_000 + index * 10, request_id: `k-${index}`, key_id: 'misused', method: 'GET', path: '/', status: 403, address: '203.0.113.9', user_agent: 'acme/1' })).join('\n');
    await app.call('/v1/request-logs', { body });
    await app.detect();
    const tell = () => app.standalone.app.get(AlertsJob, { strict: false }).runToTheEnd();
    await tell();
    const { incident_id } = (await app.call<IncidentPage>('/v1/incidents?key_id=misused')).body.data[0]!;
    await app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state: 'resolved' } });
    await tell();
    const messages = await consume(brokers, topic, 2);
    expect(messages.map(({ key }) => key)).toEqual([incident_id, incident_id]);
    const { data } = (await app.call<{ data: AlertDelivery[] }>(`/v1/alert-deliveries?incident_id=${incident_id}`)).body;
    expect(messages.map(({ value }) => JSON.parse(value) as object)).toMatchObject([
      { class_uid: 2004, type_uid: 200401, status: 'New', finding_info: { uid: incident_id }, metadata: { uid: data[1]!.delivery_id } }, { type_uid: 200403, status: 'Resolved', metadata: { uid: data[0]!.delivery_id } },
    ]);
  }, 60_000);
});
