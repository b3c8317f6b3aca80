import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { LogBatch } from '@keytrail/kafka';
import { KafkaCollector, LedgerStore } from '@keytrail/request-logs';
import { startTestApp, type TestApp } from '../support/app.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { clickhouseOf, countsOfKey, nativeLine, newName, sameCounts } from '../support/request-lines.js';

describeWithKafka('a session that was left behind', () => {
  let app: TestApp;
  let brokers: string[];
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
    app = await startTestApp({
      KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: await createTopic(brokers), KEYTRAIL_KAFKA_GROUP: newName('group'),
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    });
  });
  afterAll(() => app?.stop());

  it('neither stores anything twice nor takes the partition from the session that followed', async () => {
    const collector = app.standalone.app.get(KafkaCollector, { strict: false });
    const ledger = app.standalone.app.get(LedgerStore, { strict: false });
    // A topic that nobody else reads: both sessions are this test.
    const topic = await createTopic(brokers);
    const key = newName('key');
    const batch = (assignment: number, offset: number): LogBatch => ({
      topic, partition: 0, lag: 0, assignment, messages: [{ offset, timestamp: Date.now(), value: Buffer.from(JSON.stringify(nativeLine({ key_id: key, request_id: `r${offset}` }))) }],
    });
    const [first, second] = [batch(1_000_000, 0), batch(1_000_001, 0)];
    const claims = jest.spyOn(ledger, 'claim');
    // The first is held up when it has announced its range.
    let goOn = () => undefined as void;
    const held = new Promise<void>((resolve) => { goOn = resolve; });
    let reached = () => undefined as void;
    const isHeld = new Promise<void>((resolve) => { reached = resolve; });
    const slow = jest.spyOn(ledger, 'announce').mockImplementationOnce(async (...args) => {
      const announced = await LedgerStore.prototype.announce.apply(ledger, args);
      reached();
      await held;
      return announced;
    });
    try {
      const late = collector.take(first);
      await isHeld;
      await collector.take(second);
      goOn();
      await expect(late).rejects.toThrow('taken over');
      expect(claims).toHaveBeenCalledTimes(2);
      await expect(collector.take(first)).rejects.toThrow('came later');
      await collector.take(batch(1_000_001, 1));
      expect(claims).toHaveBeenCalledTimes(2);
      expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(2));
    } finally {
      slow.mockRestore();
      claims.mockRestore();
    }
  });
});
