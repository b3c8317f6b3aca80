import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { ConsoleLogger } from '@nestjs/common';
import { startTestApp } from '../support/app.js';
import { createClickHouseDatabase, describeWithClickHouseHttp, type ClickHouseDatabase } from '../support/clickhouse.js';
import { startCutProxy, type CutProxy } from '../support/cut-proxy.js';
import { createPostgresDatabase, describeWithPostgres } from '../support/postgres.js';
import { nativeLine } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

describeWithPostgres('a process that starts while a store is away', () => {
  describeWithClickHouseHttp('over the network', () => {
    let postgres: Awaited<ReturnType<typeof createPostgresDatabase>>;
    let clickhouse: ClickHouseDatabase;
    let proxies: Record<'postgres' | 'clickhouse', CutProxy>;
    let env: Record<string, string>;
    let warned: string[];
    beforeEach(async () => {
      [postgres, clickhouse] = await Promise.all([createPostgresDatabase(), createClickHouseDatabase()]);
      const [pg, ch] = [new URL(postgres.url), new URL(clickhouse.url)];
      proxies = { postgres: await startCutProxy({ host: pg.hostname, port: Number(pg.port) }), clickhouse: await startCutProxy({ host: ch.hostname, port: Number(ch.port) }) };
      pg.port = String(proxies.postgres.port);
      ch.port = String(proxies.clickhouse.port);
      ch.pathname = `/${clickhouse.database}`;
      env = { KEYTRAIL_POSTGRES_URL: pg.href, KEYTRAIL_CLICKHOUSE_URL: ch.href, KEYTRAIL_MASTER_KEY: randomBytes(32).toString('base64') };
      warned = [];
      jest.spyOn(ConsoleLogger.prototype, 'warn').mockImplementation((line: unknown) => void warned.push(String(line)));
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      await Promise.all([postgres.drop(), clickhouse.drop()]);
    });

    it.each(['postgres', 'clickhouse'] as const)('waits for %s, says so without the password, and starts when it is there', async (store) => {
      proxies[store].cut();
      const starting = startTestApp(env);
      await waitFor(() => warned.length >= 2, { what: 'two lines in the log' });
      expect(warned[0]).toMatch(new RegExp(`^${store === 'postgres' ? 'Postgres' : 'ClickHouse'} does not answer, trying again in 500 ms, for 60 s at most: .+`));
      for (const url of [env['KEYTRAIL_POSTGRES_URL']!, env['KEYTRAIL_CLICKHOUSE_URL']!].map((text) => new URL(text))) {
        if (url.password.length > 3) expect(warned.join('\n')).not.toContain(url.password);
      }
      proxies[store].restore();
      const app = await starting;
      try {
        expect(await app.call('/health/ready', { token: null })).toMatchObject({ status: 200 });
        expect(await app.call('/v1/request-logs', { body: nativeLine() })).toMatchObject({ status: 200, body: { stored: 1 } });
      } finally {
        await app.stop();
      }
    });

    it('gives up after the time it was told', async () => {
      proxies.postgres.cut();
      await expect(startTestApp({ ...env, KEYTRAIL_START_WITHIN_S: '1' })).rejects.toThrow();
      expect(warned.length).toBeGreaterThanOrEqual(1);
    });
  });
});
