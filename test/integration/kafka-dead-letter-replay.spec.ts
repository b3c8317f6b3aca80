import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import type { AuditPage, DeadLetter, DeadLetterPage, IntakeAccounts, ReplayResult } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { allThatIsStored, clickhouseOf, countsOfKey, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

describeWithKafka('a dead letter from Kafka', () => {
  let app: TestApp;
  let brokers: string[];
  let topic: string;
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
    topic = await createTopic(brokers, { partitions: 3 });
    app = await startTestApp({
      KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: `${topic}=kong`, KEYTRAIL_KAFKA_GROUP: newName('group'),
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    });
  });
  afterAll(() => app?.stop());

  const waiting = async () => (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1000&state=waiting&source=kafka')).body.data;
  const untilDead = (count: number): Promise<DeadLetter[]> => waitFor(async () => {
    const found = await waiting();
    return found.length >= count ? found : undefined;
  }, { what: `${count} dead letters`, timeoutMs: 30_000 });
  const account = async () => (await app.call<IntakeAccounts>('/v1/intake-accounts')).body.sources.find(({ source }) => source === `kafka:${topic}`)!;

  it('is read again from its place, however long it is, when the format of its topic was wrong', async () => {
    const key = newName('key');
    const secret = `sk_live_${randomBytes(18).toString('hex')}`;
    const requestId = randomBytes(30).toString('base64url');
    const long = nativeLine({ key_id: key, request_id: requestId, attributes: { a: 'word '.repeat(800), b: 'word '.repeat(800), c: 'word '.repeat(800) }, headers: { authorization: `Bearer ${secret}` } });
    await produce(brokers, topic, [JSON.stringify(nativeLine({ key_id: key })), JSON.stringify(long), ndjson([nativeLine({ key_id: key }), nativeLine({ key_id: key })])]);
    const letters = await untilDead(4);
    expect(letters.map(({ whole, format }) => [whole, format])).toEqual(expect.arrayContaining([[false, 'kong'], [true, 'kong']]));
    expect(await account()).toMatchObject({ received: 4, stored: 0, dead_lettered: 4 });
    const { body } = await app.call<ReplayResult>('/v1/dead-letters/replay', { body: { filter: { source: 'kafka' }, format: 'native', workspace: 'default' } });
    expect(body.data.map(({ outcome, rows, reason }) => [outcome, rows, reason])).toEqual(Array(4).fill(['replayed', 1, null]));
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(4));
    expect(await account()).toMatchObject({ received: 4, stored: 4, dead_lettered: 0 });
    const places = await clickhouseOf(app).select(`SELECT offset, count() AS rows FROM request_logs WHERE topic = {topic:String} AND partition = 0 GROUP BY 1 ORDER BY 1`, { topic });
    expect(places).toEqual([{ offset: 0, rows: 1 }, { offset: 1, rows: 1 }, { offset: 2, rows: 2 }]);
    // Read from the source, it is what the same line gives at once: a long random id stays what it is.
    expect(await clickhouseOf(app).select(`SELECT count() AS rows FROM request_logs WHERE request_id = {requestId:String}`, { requestId })).toEqual([{ rows: 1 }]);
    expect(await allThatIsStored(app)).not.toContain(secret);
    const audit = (await app.call<AuditPage>(`/v1/audit-entries?object_id=${letters[0]!.dead_letter_id}`)).body.data;
    expect(audit).toMatchObject([{ action: 'dead_letter.replayed', detail: { from: 'source', format: 'native' } }]);
  });

  it('whose message is gone from Kafka is stored from the kept line if that is whole, else refused', async () => {
    const key = newName('key');
    const long = nativeLine({ key_id: key, tenant: 'cut', attributes: { a: 'word '.repeat(800), b: 'word '.repeat(800), c: 'word '.repeat(800) } });
    await produce(brokers, topic, [JSON.stringify(nativeLine({ key_id: key })), JSON.stringify(long)]);
    await untilDead(2);
    const admin = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] });
    await admin.disconnect();
    const { body } = await app.call<ReplayResult>('/v1/dead-letters/replay', { body: { filter: { source: 'kafka' }, format: 'native', workspace: 'default' } });
    expect(body.data.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['replayed', null], ['unreadable', 'its kept payload is not the whole line, and its source is gone from Kafka or cannot be read here'],
    ]);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(1));
    expect((await account()).dead_lettered).toBe(1);
  });
});
