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

  it('of a message with many bad requests is one, beside the good ones, and is replayed whole; one of too many is refused at once', async () => {
    const [key, workspace, before] = [newName('key'), newName('ws'), await account()];
    const older = new Set((await waiting()).map(({ dead_letter_id }) => dead_letter_id));
    const kong = (index: number) => ({ request: { id: `${key}-${index}`, method: 'GET', uri: '/', headers: {} }, response: { status: 200 },
      authenticated_entity: { id: key }, started_at: index % 3 === 0 ? Date.now() : 1, client_ip: '192.0.2.1' });
    const mixed = Array.from({ length: 60 }, (_, index) => kong(index));
    const unnamed = Array.from({ length: 25 }, () => nativeLine({ key_id: key, workspace }));
    await produce(brokers, topic, [
      `[${'0,'.repeat(500_000)}0]`, ndjson(mixed), JSON.stringify(unnamed), JSON.stringify(kong(300)),
    ]);
    // Rows are stored first, letters are kept then, and the accounts say that all is done.
    await waitFor(async () => (await account()).received - before.received >= 87, { what: 'all to be settled', timeoutMs: 60_000 });
    expect((await countsOfKey(clickhouseOf(app), key)).rows).toBe(21);
    const letters = (await waiting()).filter(({ dead_letter_id }) => !older.has(dead_letter_id));
    expect(letters.map(({ code, requests }) => [code, requests]).sort()).toEqual([['invalid_field', 25], ['time_out_of_range', 40], ['too_many_items', 1]]);
    const after = await account();
    expect([after.received - before.received, after.stored - before.stored, after.dead_lettered - before.dead_lettered]).toEqual([87, 21, 66]);

    await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: workspace, environment: 'test' } });
    const replay = (format?: string) => app.call<ReplayResult>('/v1/dead-letters/replay', { body: { dead_letter_ids: letters.map(({ dead_letter_id }) => dead_letter_id), ...(format && { format }) } });
    const outcomes = ({ data }: ReplayResult) => data.map(({ outcome, code, rows }) => [outcome, code, rows]).sort();
    expect(outcomes((await replay('native')).body)).toEqual([['refused', 'too_many_items', 0], ['replayed', null, 25], ['unreadable', 'partly_stored', 0]]);
    expect(outcomes((await replay()).body)).toEqual([['already_replayed', null, 0], ['refused', 'time_out_of_range', 0], ['refused', 'too_many_items', 0]]);
    expect((await countsOfKey(clickhouseOf(app), key)).rows).toBe(46);
    expect((await account()).received).toBe((await account()).stored + (await account()).dead_lettered);
  });
});
