import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, RetentionJob } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';

const DAY = 24 * 60 * 60_000;

describe('retention', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it('forgets old Idempotency-Keys and dead letters, and keeps those that still matter', async () => {
    const database = app.standalone.app.get(Database, { strict: false });
    const daysAgo = (days: number) => new Date(Date.now() - days * DAY);
    for (const days of [1, 8]) {
      await database.insertInto('intake_batches').values({ token: `t${days}`, body_sha256: 'x', created_at: daysAgo(days) }).execute();
      await database.insertInto('idempotent_calls')
        .values({ caller: 'c', idempotency_key: `k${days}`, request_hash: 'x', answer: 'null', created_at: daysAgo(days) }).execute();
    }
    for (const days of [8, 91]) {
      await database.insertInto('dead_letters').values({
        dead_letter_id: `dl_${days}`, workspace_id: 'default', source: 'http', position: 'line 1', code: 'invalid_json', reason: 'x', sha256: 'x', payload: '',
        received_at: daysAgo(days),
      }).execute();
    }
    await app.standalone.app.get(RetentionJob, { strict: false }).run();
    expect(await database.selectFrom('intake_batches').select('token').execute()).toEqual([{ token: 't1' }]);
    expect(await database.selectFrom('idempotent_calls').select('idempotency_key').execute()).toEqual([{ idempotency_key: 'k1' }]);
    expect(await database.selectFrom('dead_letters').select('dead_letter_id').execute()).toEqual([{ dead_letter_id: 'dl_8' }]);
  });
});
