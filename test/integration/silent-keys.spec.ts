import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FindingPage } from '@keytrail/contracts';
import { LiveMemory, Sweep } from '@keytrail/detection';
import { startTestApp, type TestApp } from '../support/app.js';

const MINUTE = 60_000;
const HISTORY = 8 * 24 * 60;
const SILENT = 80;

describe('keys that fall silent', () => {
  let app: TestApp;
  let next = 0;
  const now = Date.now();
  beforeAll(async () => {
    app = await startTestApp();
    const silentFor = { steady: 0, 'stopped-1': SILENT, 'behind-1': SILENT, 'behind-2': SILENT, 'behind-3': SILENT, 'behind-4': SILENT };
    for (const [key, silent] of Object.entries(silentFor)) await send(key, HISTORY, silent, key.startsWith('behind') ? 'gateway-2' : 'gateway-1');
    await app.detect();
    await app.standalone.app.get(Sweep, { strict: false }).run();
  });
  afterAll(() => app.stop());

  /** A call a minute from so many minutes ago up to so many. */
  const send = async (key_id: string, from: number, to: number, gateway_node: string) => {
    const lines = Array.from({ length: from - to }, (_, index) => {
      next += 1;
      return { time: Math.floor(now - from * MINUTE + index * MINUTE), request_id: `s-${next}`, method: 'GET', path: '/orders', status: 200, address: '192.0.2.10', user_agent: 'acme-sdk/1.2', key_id, gateway_node };
    });
    for (let start = 0; start < lines.length; start += 5_000) {
      expect((await app.call('/v1/request-logs', { body: lines.slice(start, start + 5_000).map((one) => JSON.stringify(one)).join('\n') })).status).toBe(200);
    }
  };
  const drops = async () => (await app.call<FindingPage>('/v1/findings?rule_id=rate-drop&limit=100')).body.data;

  it('are told of though no line of theirs comes, while others go on through the same gateway', async () => {
    const found = await drops();
    expect(found.map(({ key_id }) => key_id)).toEqual(['stopped-1']);
    expect(Date.parse(found[0]!.first_seen)).toBeGreaterThanOrEqual(now - (SILENT + 3) * MINUTE);
    expect(Date.parse(found[0]!.first_seen)).toBeLessThan(now - (SILENT - 30) * MINUTE);
  });

  it('are told of once, by a look after a start as well, and when they come back', async () => {
    const sweep = app.standalone.app.get(Sweep, { strict: false });
    await sweep.run();
    app.standalone.app.get(LiveMemory, { strict: false }).forget();
    await send('steady', 1, 0, 'gateway-1');
    await app.detect();
    await sweep.run();
    await send('stopped-1', 1, -2, 'gateway-1');
    await app.detect();
    expect((await drops()).map(({ key_id }) => key_id)).toEqual(['stopped-1']);
  });
});
