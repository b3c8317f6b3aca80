import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { IntakeAccounts } from '@keytrail/contracts';
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

  it('stores what became good meanwhile as well, and nothing of the rest twice', async () => {
    const [key, workspace] = [newName('key'), newName('later')];
    const clickhouse = clickhouseOf(app);
    const insert = clickhouse.insertBlock.bind(clickhouse);
    // The block is stored, its answer is lost, and before the range comes again somebody registers the workspace that was unknown.
    const spy = jest.spyOn(clickhouse, 'insertBlock').mockImplementationOnce(async (...args) => {
      await insert(...args);
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
      expect(accounts).toMatchObject({ received: 4, stored: 4, dead_lettered: 0 });
      expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(4));
      expect(spy).toHaveBeenCalledTimes(3);
    } finally {
      spy.mockRestore();
    }
  });
});
