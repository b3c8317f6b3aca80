import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/app.js';
import { nativeLine } from '../support/request-lines.js';

describe('a standalone process whose brokers do not answer', () => {
  let app: TestApp;
  let startedIn: number;
  beforeAll(async () => {
    const from = performance.now();
    app = await startTestApp({ KEYTRAIL_KAFKA_BROKERS: '127.0.0.1:1' });
    startedIn = performance.now() - from;
  });
  afterAll(() => app?.stop());

  it('listens without them, is ready, and says that they are down', async () => {
    expect(startedIn).toBeLessThan(50_000);
    expect(await app.call('/health/ready', { token: null })).toMatchObject({ status: 200, body: { status: 'up', checks: { postgres: 'up', kafka: 'down' } } });
    expect(await app.call('/v1/request-logs', { body: nativeLine() })).toMatchObject({ status: 200, body: { stored: 1 } });
  });

  it('stops at once', async () => {
    const from = performance.now();
    await app.standalone.stop();
    expect(performance.now() - from).toBeLessThan(5_000);
  });
});
