import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DeadLetterPage, IntakeAccounts } from '@keytrail/contracts';
import { createClickHouseDatabase, describeWithClickHouseHttp, type ClickHouseDatabase } from '../support/clickhouse.js';
import { startCutProxy, type CutProxy } from '../support/cut-proxy.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { committedOffset, produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { clickhouseOf, countsOfKey, nativeLine, newName, sameCounts } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

describeWithKafka('while the store is away', () => {
  describeWithClickHouseHttp('messages go on flowing', () => {
    let app: TestApp;
    let proxy: CutProxy;
    let database: ClickHouseDatabase;
    let brokers: string[];
    let topic: string;
    const group = newName('group');
    const SESSION_MS = 6_000;
    beforeAll(async () => {
      ({ brokers } = await sharedKafkaBroker());
      database = await createClickHouseDatabase();
      const url = new URL(database.url);
      proxy = await startCutProxy({ host: url.hostname, port: Number(url.port) });
      url.port = String(proxy.port);
      url.pathname = `/${database.database}`;
      topic = await createTopic(brokers);
      app = await startTestApp({
        KEYTRAIL_CLICKHOUSE_URL: url.href, KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: group,
        KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS), KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
      });
    });
    afterAll(async () => {
      await app?.stop();
      await proxy?.close();
      await database?.drop();
    });

    it('and wait, as a member of the group still, until it is back: none is dead-lettered, each is stored once', async () => {
      const key = newName('key');
      const messages = () => Array.from({ length: 300 }, () => JSON.stringify(nativeLine({ key_id: key })));
      const stored = async (count: number) => waitFor(async () => (await countsOfKey(clickhouseOf(app), key)).activity >= count, { what: `${count} rows`, timeoutMs: 40_000 });
      await produce(brokers, topic, messages());
      await stored(300);
      proxy.cut();
      const cutAt = performance.now();
      await produce(brokers, topic, messages());
      // A member that went silent would have lost its partition by then.
      await waitFor(() => performance.now() - cutAt > SESSION_MS * 1.5, { what: 'longer than a session' });
      const checks = async () => (await app.call<{ checks: Record<string, string> }>('/health/ready', { token: null })).body.checks;
      expect(await checks()).toMatchObject({ clickhouse: 'down', kafka: 'up' });
      expect(await committedOffset(brokers, group, topic)).toBe(300);
      await produce(brokers, topic, messages());
      proxy.restore();
      await stored(900);
      expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(900));
      expect((await app.call<DeadLetterPage>('/v1/dead-letters')).body.data).toEqual([]);
      const accounts = await waitFor(async () => {
        const { body } = await app.call<IntakeAccounts>('/v1/intake-accounts');
        return body.sources.find(({ source, received }) => source === `kafka:${topic}` && received === 900);
      }, { what: 'the accounts' });
      expect(accounts).toMatchObject({ received: 900, stored: 900, dead_lettered: 0 });
      expect((await app.call<string>('/metrics')).body).not.toMatch(/^keytrail_kafka_stalls_total\{/m);
    });
  });
});
