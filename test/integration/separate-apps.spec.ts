import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { openClickHouse } from '@keytrail/clickhouse';
import type { CreatedApiKey, Incident, IncidentPage, Introspection, Replacement, RequestLogPage } from '@keytrail/contracts';
import { Database, oneAtATime } from '@keytrail/postgres';
import { buildApps, runApp, startAppProcess, type AppProcess } from '../support/app-process.js';
import { createClickHouseDatabase, describeWithClickHouseHttp } from '../support/clickhouse.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { createPostgresDatabase, describeWithPostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait-for.js';

const APPS = ['api', 'collector', 'detector'] as const;
const STOP_WITHIN_MS = 10_000;

beforeAll(() => buildApps(...APPS), 120_000);

describe('a built app', () => {
  it.each(APPS)('runs where it is put: %s names no path of the machine that built it', (app) => {
    const root = new URL('../../', import.meta.url);
    expect(readFileSync(new URL(`dist/apps/${app}/main.js`, root), 'utf8')).not.toContain(fileURLToPath(root));
  });
});

describe('an app that is told too little', () => {
  const missing = {
    api: ['KEYTRAIL_MASTER_KEY', 'KEYTRAIL_CLICKHOUSE_URL', 'KEYTRAIL_POSTGRES_URL'],
    collector: ['KEYTRAIL_MASTER_KEY', 'KEYTRAIL_CLICKHOUSE_URL', 'KEYTRAIL_POSTGRES_URL', 'KEYTRAIL_KAFKA_BROKERS'],
    detector: ['KEYTRAIL_MASTER_KEY', 'KEYTRAIL_CLICKHOUSE_URL', 'KEYTRAIL_POSTGRES_URL'],
  };

  it.each(APPS)('says all that %s misses at once, and exits with 2', async (app) => {
    const { code, output } = await runApp(app, { KEYTRAIL_PORT: '70000' }, '--check-config');
    expect(output.split('\n').filter((line) => line.startsWith('  ')).map((line) => line.trim().split(':')[0]).sort())
      .toEqual(['KEYTRAIL_PORT', ...missing[app]].sort());
    for (const name of missing[app]) expect(output).toContain(`${name}: must be set`);
    expect(code).toBe(2);
  });

  it('does not repeat a secret that cannot be used', async () => {
    const { code, output } = await runApp('api', { KEYTRAIL_MASTER_KEY: 'too-short-a-secret', KEYTRAIL_ADMIN_TOKEN: 'short' });
    expect(code).toBe(2);
    expect(output).toMatch(/KEYTRAIL_MASTER_KEY: .*32 bytes/);
    expect(output).not.toMatch(/too-short-a-secret/);
  });
});

describeWithPostgres('on real servers', () => {
  describeWithClickHouseHttp('all of them', () => {
    const databases: { drop(): Promise<void> }[] = [];
    const running: AppProcess[] = [];

    afterAll(async () => {
      await Promise.all(running.map((app) => app.kill()));
      await Promise.all(databases.map((database) => database.drop()));
    });

    /** Settings of one installation on new, empty stores. */
    const newInstallation = async () => {
      const [postgres, clickhouse] = await Promise.all([createPostgresDatabase(), createClickHouseDatabase()]);
      databases.push(postgres, clickhouse);
      const url = new URL(clickhouse.url);
      url.pathname = `/${clickhouse.database}`;
      return { KEYTRAIL_MASTER_KEY: randomBytes(32).toString('base64'), KEYTRAIL_CLICKHOUSE_URL: url.href, KEYTRAIL_POSTGRES_URL: postgres.url };
    };
    const start = async (app: string, env: Record<string, string>) => {
      const process = await startAppProcess(app, env);
      running.push(process);
      return process;
    };
    const ask = async <T>(app: AppProcess, token: string | undefined, path: string, body?: unknown) => {
      const response = await fetch(`${app.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, text, body: (/\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined) as T };
    };
    /** The token an api printed. */
    const printedToken = (app: AppProcess) => /export KEYTRAIL_TOKEN=(\S+)/.exec(app.output())?.[1];

    it('brings the schema of empty stores up to date once, however many processes start at once', async () => {
      const { KEYTRAIL_POSTGRES_URL, KEYTRAIL_CLICKHOUSE_URL } = await newInstallation();
      const opened = await Promise.all(Array.from({ length: 6 }, () => Database.open({ url: KEYTRAIL_POSTGRES_URL })));
      const stores = await Promise.all(opened.map((database) => openClickHouse({ url: KEYTRAIL_CLICKHOUSE_URL }, (work) => oneAtATime(database, 'clickhouse schema', work))));
      const applied = (await stores[0]!.select<{ name: string }>('SELECT name FROM schema_migrations')).map(({ name }) => name);
      expect(applied).not.toEqual([]);
      expect(new Set(applied).size).toBe(applied.length);
      await Promise.all(opened.map((database) => database.destroy()));
      await Promise.all(stores.map((store) => store.close()));
    });

    it('makes one administrator when two apis start at once, and tells the token once', async () => {
      const installation = await newInstallation();
      const apis = await Promise.all([start('api', installation), start('api', installation)]);
      const token = await waitFor(() => apis.map(printedToken).find((printed) => printed !== undefined), { what: 'the token to be printed' });
      for (const api of apis) expect(await ask(api, token, '/v1/access-tokens')).toMatchObject({ status: 200 });
      expect((await Promise.all(apis.map((api) => api.stop()))).map(({ code }) => code)).toEqual([0, 0]);
      expect(apis.map(printedToken).filter((printed) => printed !== undefined)).toHaveLength(1);

      const again = await start('api', installation);
      expect(await ask(again, token, '/v1/access-tokens')).toMatchObject({ status: 200 });
      await again.stop();
      expect(printedToken(again)).toBeUndefined();
    });

    describeWithKafka('with Kafka', () => {
      const adminToken = `test-admin-${randomBytes(12).toString('hex')}`;
      let api: AppProcess;
      let collector: AppProcess;
      let detector: AppProcess;
      let brokers: string[];
      let topic: string;
      let installation: Awaited<ReturnType<typeof newInstallation>>;

      const startAll = () => Promise.all([
        start('api', { ...installation, KEYTRAIL_ADMIN_TOKEN: adminToken }),
        start('collector', {
          ...installation, KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: `collector-${topic}`,
          KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: `dead-letters-${topic}`,
        }),
        start('detector', installation),
      ]);

      beforeAll(async () => {
        ({ brokers } = await sharedKafkaBroker());
        topic = await createTopic(brokers, { prefix: 'request-logs' });
        installation = await newInstallation();
        [api, collector, detector] = await startAll();
      }, 120_000);

      it('goes from Kafka to an incident and to a replaced key, each step in a process of its own', async () => {
        const owner = await ask<{ owner_id: string }>(api, adminToken, '/v1/owners', { name: 'Payments', kind: 'team', contact: '#payments' });
        const key = (await ask<CreatedApiKey>(api, adminToken, '/v1/api-keys', {
          workspace: 'default', service: 'payments', owner_id: owner.body.owner_id, scopes: ['orders:read'],
        })).body;
        await produce(brokers, topic, Array.from({ length: 40 }, (_, index) => ({
          time: Date.now() - 60_000 + index * 100, request_id: `burst-${index}`, key: key.secret, method: 'GET', path: `/orders/${index}`,
          status: 403, address: '203.0.113.9', user_agent: 'python-requests/2.32',
        })));

        const logs = await waitFor(async () => {
          const { body } = await ask<RequestLogPage>(api, adminToken, '/v1/request-logs/burst-39');
          return body.data?.length > 0 && body.data;
        }, { what: 'the collector to store the logs', timeoutMs: 60_000 });
        expect(logs).toEqual([expect.objectContaining({ key_id: key.key_id, key_fingerprint: key.fingerprint, outcome: 'forbidden' })]);

        const found = await waitFor(async () => {
          const { body } = await ask<IncidentPage>(api, adminToken, `/v1/incidents?key_id=${key.key_id}`);
          return body.data[0];
        }, { what: 'the detector to open an incident', timeoutMs: 30_000 });
        expect(found).toMatchObject({ state: 'open', rule_ids: ['denied-burst'], owner: { name: 'Payments', contact: '#payments' } });

        const replaced = (await ask<Replacement>(api, adminToken, `/v1/api-keys/${key.key_id}/revoke-and-replace`, {
          reason: 'stolen', incident_id: found.incident_id,
        })).body;
        const introspect = async (token: string) => (await ask<Introspection>(api, adminToken, '/v1/introspect', { token })).body;
        expect(await introspect(key.secret)).toMatchObject({ active: false, reason: 'revoked', key_id: key.key_id });
        expect(await introspect(replaced.secret!)).toMatchObject({ active: true, scope: 'orders:read' });
        expect((await ask<Incident>(api, adminToken, `/v1/incidents/${found.incident_id}`)).body.state).toBe('contained');

        expect((await ask(collector, adminToken, '/metrics')).text).toContain('keytrail_request_logs_stored_total{source="kafka"} 40');
        expect((await ask(detector, adminToken, '/metrics')).text).toContain('keytrail_findings_total{rule="denied-burst"} 1');
        for (const app of [api, collector, detector]) {
          for (const secret of [key.secret, replaced.secret!, installation.KEYTRAIL_MASTER_KEY, adminToken]) expect(app.output()).not.toContain(secret);
        }
      });

      it('serves the API from the api only; the others answer for their health and their metrics', async () => {
        expect(await ask(api, undefined, '/openapi.json')).toMatchObject({ status: 200 });
        for (const app of [collector, detector]) {
          for (const path of ['/v1/request-logs', '/v1/api-keys', '/v1/incidents', '/v1/audit-entries', '/v1/access-tokens', '/openapi.json', '/docs']) {
            expect({ path, status: (await ask(app, adminToken, path)).status }).toEqual({ path, status: 404 });
          }
          expect(app.output()).not.toContain('KEYTRAIL_TOKEN');
        }
      });

      it('answers for its health to anyone, and for its metrics to those who may see them', async () => {
        for (const app of [api, collector, detector]) {
          expect(await ask(app, undefined, '/health/live')).toMatchObject({ status: 200, body: { status: 'up' } });
          expect(await ask(app, undefined, '/health/ready')).toMatchObject({ status: 200, body: { checks: { clickhouse: 'up', postgres: 'up' } } });
          expect(await ask(app, undefined, '/metrics')).toMatchObject({ status: 401 });
          expect((await ask(app, adminToken, '/metrics')).text).toContain('process_cpu_seconds_total');
        }
      });

      it('is healthy by the check of the image, and not when nothing answers', () => {
        const [, command = ''] = /^HEALTHCHECK[^]*?CMD (\[.*\])$/m.exec(readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8'))!;
        const [program, ...args] = JSON.parse(command) as string[];
        expect(program).toBe('node');
        const check = (port: string) => spawnSync(process.execPath, args, { env: { KEYTRAIL_PORT: port } }).status;
        expect(check(new URL(detector.url).port)).toBe(0);
        expect(check('1')).toBe(1);
      });

      it('stops each app on SIGTERM, in good order and in time', async () => {
        for (const app of await startAll()) {
          const ended = await app.stop();
          expect(ended).toMatchObject({ code: 0, output: expect.not.stringMatching(/Stopping after|Not everything stopped/) });
          expect(ended.milliseconds).toBeLessThan(STOP_WITHIN_MS);
        }
      });
    });
  });
});

async function produce(brokers: string[], topic: string, lines: object[]): Promise<void> {
  const producer = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages: lines.map((line) => ({ value: JSON.stringify(line) })) });
  } finally {
    await producer.disconnect();
  }
}
