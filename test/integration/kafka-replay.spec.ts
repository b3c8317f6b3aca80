import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { DeadLetterPage, IntakeAccounts } from '@keytrail/contracts';
import { DeadLetterStore } from '@keytrail/request-logs';
import { startTestApp, type TestApp } from '../support/app.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { clickhouseOf, countsOfKey, nativeLine, newName, sameCounts } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

describeWithKafka('a range that is stored again', () => {
  let app: TestApp;
  let brokers: string[];
  let topic: string;
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
    topic = await createTopic(brokers);
    app = await startTestApp({
      KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: newName('group'),
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    });
  });
  afterAll(() => app?.stop());

  it('comes out as it did the first time, though the registry knows more by now', async () => {
    const [key, workspace] = [newName('key'), newName('later')];
    const clickhouse = clickhouseOf(app);
    const spy = jest.spyOn(clickhouse, 'insertBlock');
    // All is stored and its letters are kept; before the range is settled the store is away, and somebody registers the workspace that was unknown.
    const letters = app.standalone.app.get(DeadLetterStore, { strict: false });
    const keep = letters.keep.bind(letters);
    const lost = jest.spyOn(letters, 'keep').mockImplementationOnce(async (...args) => {
      await keep(...args);
      expect((await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: workspace, environment: 'test' } })).status).toBe(201);
      throw new Error('the answer was lost');
    });
    try {
      await produce(brokers, topic, [
        JSON.stringify(nativeLine({ key_id: key })), JSON.stringify([nativeLine({ key_id: key }), nativeLine({ key_id: key, workspace })]), JSON.stringify(nativeLine({ key_id: key, workspace })),
      ]);
      const accounts = await waitFor(async () => {
        const { body } = await app.call<IntakeAccounts>('/v1/intake-accounts');
        return body.sources.find(({ source, received }) => source === `kafka:${topic}` && received > 0);
      }, { what: 'the range to be settled' });
      expect(accounts).toMatchObject({ received: 4, stored: 2, dead_lettered: 2 });
      expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(2));
      expect(spy).toHaveBeenCalledTimes(2);
      const states = (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1000')).body.data.map(({ replayed_at }) => replayed_at !== null);
      expect(states).toEqual([false, false]);
    } finally {
      lost.mockRestore();
      spy.mockRestore();
    }
  });
});
