import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreatedApiKey, DeadLetterPage, IntakeResult, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { runKeytrail } from '../support/cli.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { allThatIsStored, clickhouseOf, newName } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

const pathOf = (file: string) => fileURLToPath(new URL(`../../libs/request-logs/formats/fixtures/${file}`, import.meta.url));

interface Fixture {
  file: string;
  format: string;
  rows: number;
  /** What callers presented in it: never to be stored. */
  presented: string[];
}

const fixtures: Fixture[] = [
  { file: 'native.ndjson', format: 'native', rows: 2, presented: ['made-up-native-key-0001'] },
  { file: 'kong.json', format: 'kong', rows: 2, presented: [] },
  { file: 'cloudtrail.ndjson', format: 'cloudtrail', rows: 3, presented: [] },
  { file: 'envoy.ndjson', format: 'envoy', rows: 4, presented: ['made-up-envoy-key-0001'] },
  { file: 'api-gateway.ndjson', format: 'api-gateway', rows: 4, presented: ['made-up-apigw-key-0001'] },
  { file: 'api-gateway-subscription.json', format: 'api-gateway', rows: 2, presented: [] },
  { file: 'ocsf.ndjson', format: 'ocsf', rows: 3, presented: ['made-up-ocsf-key-0001'] },
  { file: 'combined.txt', format: 'combined', rows: 7, presented: ['made-up-combined-key-0001'] },
];
const total = fixtures.reduce((sum, { rows }) => sum + rows, 0);
const bodies = new Map<string, string>();
const messagesOf = (file: string) => (file === 'kong.json' ? [bodies.get(file)!] : bodies.get(file)!.trim().split('\n'));

describeWithKafka('every format', () => {
  let app: TestApp;
  let brokers: string[];
  let topics: Map<string, string>;
  beforeAll(async () => {
    for (const { file } of fixtures) bodies.set(file, await readFile(pathOf(file), 'utf8'));
    ({ brokers } = await sharedKafkaBroker());
    topics = new Map(await Promise.all([...new Set(fixtures.map(({ format }) => format)), 'auto'].map(async (format) => [format, await createTopic(brokers)] as const)));
    app = await startTestApp({
      KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: [...topics].map(([format, topic]) => `${topic}=${format}`).join(','),
      KEYTRAIL_KAFKA_GROUP: newName('group'), KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    });
  });
  afterAll(() => app?.stop());

  const found = async (query: string) => (await app.call<RequestLogPage>(`/v1/request-logs${query}`)).body.data;
  const rowsFrom = (source: string, more = '') => clickhouseOf(app).select<Record<string, unknown>>(
    `SELECT * EXCEPT (source, topic, partition, offset, batch_id, ingested_at) FROM request_logs WHERE source = '${source}'${more} ORDER BY ALL`);

  it.each(fixtures)('is stored from $file over HTTP, and found again by key and by request id', async ({ file, format, rows, presented }) => {
    const before = await rowsFrom('http');
    const answer = await app.call<IntakeResult>(`/v1/request-logs?format=${format}`, { body: bodies.get(file), headers: { 'content-type': 'text/plain' } });
    expect(answer).toMatchObject({ status: 200, body: { received: rows, stored: rows, dead_lettered: 0, errors: [] } });
    const known = new Set(before.map((row) => JSON.stringify(row)));
    const stored = (await rowsFrom('http')).filter((row) => !known.has(JSON.stringify(row)));
    expect(stored).toHaveLength(rows);
    for (const row of stored) {
      const same = expect.objectContaining({ request_id: row['request_id'], path: row['path'], address: row['address'] }) as object;
      expect((await found(`/${encodeURIComponent(String(row['request_id']))}`))).toContainEqual(same);
      if (row['key_id'] !== '') expect(await found(`?key_id=${encodeURIComponent(String(row['key_id']))}`)).toContainEqual(same);
      if (row['key_fingerprint'] !== '') expect(await found(`?key_fingerprint=${String(row['key_fingerprint'])}`)).toContainEqual(same);
    }
    expect(stored.filter((row) => row['key_fingerprint'] !== '')).toHaveLength(presented.length);
    expect(stored.some((row) => row['key_id'] !== '' || row['key_fingerprint'] !== '')).toBe(true);
    const everything = await allThatIsStored(app);
    for (const secret of presented) expect(everything).not.toContain(secret);
  });

  it('gives the same rows from Kafka, by its own topic and by one that tells each message by its marks', async () => {
    const once = await rowsFrom('http');
    expect(once).toHaveLength(total);
    for (const { file, format } of fixtures) {
      await produce(brokers, topics.get(format)!, messagesOf(file));
      await produce(brokers, topics.get('auto')!, messagesOf(file));
    }
    const auto = topics.get('auto')!;
    for (const [what, condition] of [['their own topics', ` AND topic != '${auto}'`], ['the mixed topic', ` AND topic = '${auto}'`]] as const) {
      const rows = await waitFor(async () => {
        const seen = await rowsFrom('kafka', condition);
        return seen.length >= total ? seen : undefined;
      }, { what: `${total} rows from ${what}`, timeoutMs: 30_000 });
      expect(rows).toEqual(once);
    }
    expect((await app.call<DeadLetterPage>('/v1/dead-letters')).body.data).toEqual([]);
  });

  it('is told by the marks of each line in one batch of all, and in files that are imported without saying what they are', async () => {
    const once = await rowsFrom('kafka', ` AND topic = '${topics.get('auto')!}'`);
    const mixed = fixtures.flatMap(({ file }) => (file === 'kong.json' ? (JSON.parse(bodies.get(file)!) as unknown[]).map((entry) => JSON.stringify(entry)) : messagesOf(file))).reverse();
    const workspace = 'mixed';
    await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: workspace, environment: 'test' } });
    const answer = await app.call<IntakeResult>(`/v1/request-logs?format=auto&workspace=${workspace}`, { body: [...mixed, 'no log at all', '{"level":"info"}', '{"cut'].join('\n') });
    expect(answer.body).toMatchObject({ received: total + 3, stored: total, dead_lettered: 3 });
    expect(answer.body.errors.map(({ line, code }) => [line - mixed.length, code])).toEqual([[1, 'unknown_format'], [2, 'unknown_format'], [3, 'invalid_json']]);
    expect(answer.body.errors[0]!.reason).toContain('native, kong, cloudtrail, envoy, api-gateway, ocsf, combined');
    const without = (rows: Record<string, unknown>[]) => rows.map(({ workspace_id: _, ...row }) => JSON.stringify(row)).sort();
    expect(without(await rowsFrom('http', ` AND workspace_id = '${workspace}'`))).toEqual(without(once));

    await app.call('/v1/workspaces', { body: { workspace_id: 'files', name: 'files', environment: 'test' } });
    const { exitCode, stdout } = await runKeytrail('import', ...fixtures.map(({ file }) => pathOf(file)), '--workspace', 'files', '--json', '--url', app.url, '--token', app.adminToken);
    expect({ exitCode, ...JSON.parse(stdout) as object }).toMatchObject({ exitCode: 0, files: fixtures.length, received: total, stored: total, dead_lettered: 0 });
    expect(without(await rowsFrom('http', ` AND workspace_id = 'files'`))).toEqual(without(once));
  });

  it('may be named in headers by a sender that can send no query, and the query comes first', async () => {
    const [entry] = JSON.parse(bodies.get('kong.json')!) as [{ response: object }];
    const body = JSON.stringify([{ ...entry, response: { ...entry.response, headers: { 'x-kong-request-id': 'by-header' } } }]);
    await app.call('/v1/workspaces', { body: { workspace_id: 'kong', name: 'kong', environment: 'test' } });
    const headers = { 'keytrail-format': 'kong', 'keytrail-workspace': 'kong' };
    expect(await app.call('/v1/request-logs', { body, headers })).toMatchObject({ status: 200, body: { stored: 1 } });
    expect(await found('/by-header')).toMatchObject([{ workspace_id: 'kong' }]);
    expect(await app.call('/v1/request-logs?format=native', { body, headers })).toMatchObject({ status: 422, body: { code: 'no_valid_lines' } });
    expect(await app.call('/v1/request-logs', { body, headers: { 'keytrail-format': 'planted' } })).toMatchObject({ status: 400, body: { code: 'invalid_format', detail: expect.not.stringContaining('planted') } });
    expect(await app.call('/v1/request-logs', { body, headers: { ...headers, 'keytrail-workspace': 'a b' } })).toMatchObject({ status: 400, body: { code: 'invalid_workspace' } });
  });

  it('knows a registered key by what the caller presented', async () => {
    const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Team'), kind: 'team', contact: '#team' } });
    const { key_id, secret } = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: 'edge', owner_id: owner.body.owner_id } })).body;
    const lines: [string, string][] = [
      ['combined', `192.0.2.7 - - [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 401 12 "-" "curl/8" "${secret}"`],
      ['envoy', JSON.stringify({ start_time: '2026-03-01T10:00:00Z', method: 'GET', path: '/b', response_code: 403, response_flags: 'UAEX', authorization: `Bearer ${secret}` })],
      ['api-gateway', JSON.stringify({ requestId: newName('r'), requestTimeEpoch: '1772359200000', httpMethod: 'GET', path: '/c', status: '403', identity: { apiKey: secret } })],
      ['ocsf', JSON.stringify({ class_uid: 4002, time: 1_772_359_200_000, metadata: { uid: newName('r') }, http_request: { http_method: 'GET', url: { path: '/d' }, http_headers: [{ name: 'Authorization', value: `Bearer ${secret}` }] }, http_response: { code: 401 } })],
    ];
    for (const [format, body] of lines) expect(await app.call(`/v1/request-logs?format=${format}`, { body })).toMatchObject({ status: 200 });
    expect((await found(`?key_id=${key_id}`)).map(({ path }) => path).sort()).toEqual(['/a', '/b', '/c', '/d']);
    expect(await allThatIsStored(app)).not.toContain(secret);
  });
});

describe('the OpenAPI document', () => {
  it('names every format', async () => {
    const app = await startTestApp();
    try {
      const document = JSON.stringify((await app.call('/openapi.json', { token: null })).body);
      expect(document).toContain('"native","kong","cloudtrail","envoy","api-gateway","ocsf","combined","auto"');
    } finally {
      await app.stop();
    }
  });
});
