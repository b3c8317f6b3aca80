import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReadinessChecks } from '@keytrail/platform';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf } from '../support/registry.js';
import { nativeLine } from '../support/request-lines.js';

describe('health and metrics', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it('are live and ready without a token, and name the parts that answer', async () => {
    expect(await app.call('/health/live', { token: null })).toMatchObject({ status: 200, body: { status: 'up' } });
    expect(await app.call('/health/ready', { token: null })).toMatchObject({ status: 200, body: { status: 'up', checks: { postgres: 'up', clickhouse: 'up' } } });
  });

  it('stay live but not ready while a part fails or does not answer, and say which, not why', async () => {
    const checks = app.standalone.app.get(ReadinessChecks, { strict: false });
    checks.register('failing', async () => {
      throw new Error('password=hunter2 refused');
    });
    checks.register('silent', () => new Promise(() => undefined));
    const answer = await app.call('/health/ready', { token: null });
    expect(answer).toMatchObject({
      status: 503, body: { code: 'not_ready', checks: { postgres: 'up', clickhouse: 'up', failing: 'down', silent: 'down' } },
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    expect((await app.call('/health/live', { token: null })).status).toBe(200);
    checks.register('failing', async () => undefined);
    checks.register('silent', async () => undefined);
    expect((await app.call('/health/ready', { token: null })).status).toBe(200);
  });

  it('count what came in, for those who may read metrics', async () => {
    await app.call('/v1/request-logs', { body: nativeLine() });
    const { headers, body } = await app.call<string>('/metrics', { token: await registryOf(app).token('viewer') });
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toMatch(/^keytrail_request_logs_stored_total\{source="http"\} 1$/m);
    expect(body).toMatch(/^process_cpu_seconds_total /m);
    for (const line of body.split('\n').filter(Boolean)) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)*\})? [-+.\deEINaf]+)$/);
  });
});
