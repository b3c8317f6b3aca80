import { expect, it } from '@jest/globals';
import type { DeadLetterPage, IntakeAccounts } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { nativeLine, ndjson, newName } from '../support/request-lines.js';
import { createTempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

type Source = IntakeAccounts['sources'][number];

describeWithKafka('the accounts of what came in', () => {
  it('balance for each source, in the API and in the metrics alike, over restarts and replays', async () => {
    const { brokers } = await sharedKafkaBroker();
    const topic = await createTopic(brokers);
    const directory = await createTempDir();
    const workspace = newName('ws');
    const env = {
      KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: newName('group'),
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    };
    const lines = [nativeLine(), nativeLine({ workspace }), '{"broken', nativeLine()];
    const accounts = async (app: TestApp) => (await app.call<IntakeAccounts>('/v1/intake-accounts')).body.sources;
    const shown = async (app: TestApp): Promise<Source[]> => {
      const text = (await app.call<string>('/metrics')).body;
      const value = (source: string, state: string) => Number(new RegExp(`^keytrail_intake_accounts\\{source="${source}",state="${state}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
      return (await accounts(app)).map(({ source }) => ({ source, received: value(source, 'received'), stored: value(source, 'stored'), dead_lettered: value(source, 'dead_lettered') }));
    };
    const take = async (app: TestApp, times: number) => {
      await app.call('/v1/request-logs', { body: ndjson(lines) });
      await produce(brokers, topic, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))));
      await waitFor(async () => (await accounts(app)).some(({ source, received }) => source === `kafka:${topic}` && received === 4 * times), { what: 'the messages to be taken in', timeoutMs: 30_000 });
    };
    const expected = (counts: Omit<Source, 'source'>) => ['http', `kafka:${topic}`].map((source) => ({ source, ...counts }));
    try {
      for (const run of [1, 2]) {
        const app = await startTestApp(env);
        try {
          await take(app, run);
          expect(await accounts(app)).toEqual(expected({ received: 4 * run, stored: 2 * run, dead_lettered: 2 * run }));
          expect(await shown(app)).toEqual(await accounts(app));
        } finally {
          await app.stop();
        }
      }
      const app = await startTestApp(env);
      try {
        await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: workspace, environment: 'test' } });
        await app.call('/v1/dead-letters/replay', { body: { filter: { code: 'unknown_workspace' } } });
        expect(await accounts(app)).toEqual(expected({ received: 8, stored: 6, dead_lettered: 2 }));
        expect(await shown(app)).toEqual(await accounts(app));
        const waiting = (await app.call<DeadLetterPage>('/v1/dead-letters?state=waiting')).body.data;
        expect(waiting.map(({ requests }) => requests).reduce((sum, requests) => sum + requests)).toBe(4);
      } finally {
        await app.stop();
      }
    } finally {
      await directory.remove();
    }
  });
});
