import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CustomRuleFile, CustomRulePage, Finding, FindingPage, RuleOf, RuleOfList } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf } from '../support/registry.js';

const MINUTE = 60_000;

const FROM_A_FOLDER = `title: Debug header from outside
id: debug-outside
level: low
detection:
  debug: {attributes.debug: '1'}
  condition: debug
`;

describe('rules of their own', () => {
  let app: TestApp;
  let folder: string;
  let next = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keytrail-rules-'));
    await writeFile(join(folder, 'debug.yml'), FROM_A_FOLDER);
    app = await startTestApp({ KEYTRAIL_RULES_DIR: folder });
  });
  afterAll(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const send = async (lines: object[]) => {
    const body = lines.map((line) => JSON.stringify({
      time: Date.now() - MINUTE + (next += 1) * 10, request_id: `r-${next}`, method: 'GET', status: 200, address: '203.0.113.9', ...line,
    })).join('\n');
    expect((await app.call('/v1/request-logs', { body })).status).toBe(200);
    await app.detect();
  };
  const found = async (rule: string): Promise<Finding[]> => (await app.call<FindingPage>(`/v1/findings?rule_id=custom-${rule}`)).body.data;
  const add = (source: string, options = {}) => app.call<CustomRuleFile>('/v1/custom-rules', { body: { source, ...options } });
  const exports = (key: string, from: number, count: number, address = '203.0.113.9') =>
    Array.from({ length: count }, (_, index) => ({ key_id: key, path: `/customers/${from + index}/export`, address }));

  it('takes the example of the documentation and catches its case, across batches, with its evidence', async () => {
    const page = await readFile(fileURLToPath(new URL('../../docs/sigma.md', import.meta.url)), 'utf8');
    const { status, body } = await add(/```yaml\n([^]*?)```/.exec(page)![1]!);
    expect([status, body.rules]).toEqual([201, [{ rule_id: 'custom-many-customers-exported', title: 'Many customers exported with one key', severity: 'high' }]]);
    await send([...exports('exporter', 1, 3), ...exports('usual', 1, 4), ...exports('internal', 1, 9, '10.1.2.3'), ...exports('again', 1, 1), ...exports('again', 1, 1), ...exports('again', 1, 4)]);
    expect(await found('many-customers-exported')).toEqual([]);
    await send(exports('exporter', 4, 3));
    expect(await found('many-customers-exported')).toMatchObject([{
      key_id: 'exporter', severity: 'high', addresses: ['203.0.113.9'], summary: '6 values of path within 10 minutes where 5 are told by a rule of your own: key_id exporter',
      evidence: { seen: 6, window_minutes: 10, counts: { requests: 6 }, request_ids: expect.arrayContaining(['r-1']) },
    }]);
    await send(exports('exporter', 7, 1));
    expect(await found('many-customers-exported')).toMatchObject([{ evidence: { seen: 7 } }]);
  });

  it('asks the rules of a folder, and those of one workspace there only', async () => {
    await registryOf(app).workspace('elsewhere');
    await add('title: Teapots\nid: teapots\nlevel: medium\ndetection:\n  s: {status: 418, user_agent|re: "^tea"}\n  condition: s\n', { workspace: 'default' });
    await send([
      { key_id: 'debugger', path: '/', debug: '1' }, { key_id: 'brewer', path: '/', status: 418, user_agent: 'Tea' }, { key_id: 'drinker', path: '/', status: 418, user_agent: 'tea/1' },
      { key_id: 'guest', path: '/', status: 418, user_agent: 'tea/1', workspace: 'elsewhere' },
    ]);
    expect(await found('debug-outside')).toMatchObject([{ key_id: 'debugger', severity: 'low', evidence: { counts: { requests: 1 } } }]);
    expect(await found('teapots')).toMatchObject([{ key_id: 'drinker', severity: 'medium' }]);
  });

  it('asks a removed rule no more', async () => {
    const { body } = await add('title: Gone\nid: gone-rule\nlevel: low\ndetection:\n  s: {path: /gone}\n  condition: s\n');
    expect((await app.call<CustomRulePage>('/v1/custom-rules')).body.data[0]).toEqual(body);
    expect((await app.call(`/v1/custom-rules/${body.custom_rule_id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await app.call(`/v1/custom-rules/${body.custom_rule_id}`, { method: 'DELETE' })).status).toBe(404);
    await send([{ key_id: 'k', path: '/gone' }]);
    expect(await found('gone-rule')).toEqual([]);
  });

  describe('tuned', () => {
    const counting = (id: string) => `title: Many teapots
id: ${id}-each
name: each
level: low
detection: {s: {path: /${id}}, condition: s}
---
title: Many of ${id}
id: ${id}
level: medium
correlation: {type: event_count, rules: each, group-by: key_id, timespan: 10m, condition: {gte: 5}}
`;
    const set = (rule: string, body: object, key?: string) =>
      app.call<RuleOf>(`/v1/workspaces/default/rules/custom-${rule}${key === undefined ? '' : `?key_id=${key}`}`, { method: 'PUT', body });
    const calls = (path: string, key_id: string, count: number, address = '203.0.113.9') => Array.from({ length: count }, () => ({ key_id, path: `/${path}`, address, user_agent: 'pot/1' }));
    const keysOf = async (rule: string) => (await found(rule)).map(({ key_id }) => key_id).sort();

    it('counts to what was set of a workspace and of a key, and to what it says itself elsewhere', async () => {
      await add(counting('counted'));
      expect((await set('counted', { settings: { at_least: 8 }, severity: 'high' })).body).toMatchObject({ title: 'Many of counted', settings: { at_least: 8 }, defaults: { at_least: 5 } });
      await set('counted', { settings: { at_least: 3 } }, 'strict');
      await registryOf(app).workspace('counted-elsewhere');
      await send([...calls('counted', 'six', 6), ...calls('counted', 'nine', 9), ...calls('counted', 'strict', 3),
        ...calls('counted', 'away', 5).map((line) => ({ ...line, workspace: 'counted-elsewhere' }))]);
      expect((await found('counted')).map(({ key_id, severity }) => `${key_id} ${severity}`).sort()).toEqual(['away medium', 'nine high', 'strict high']);
    });

    it('is off where it was switched off, and holds back whom it allows and what is suppressed', async () => {
      await add(counting('quiet'));
      await set('quiet', { enabled: false }, 'off');
      await set('quiet', { allow_networks: ['198.51.100.0/24'] }, 'allowed');
      const to = new Date(Date.now() + 60 * MINUTE).toISOString();
      expect((await app.call('/v1/suppressions', { body: { workspace: 'default', rule_id: 'custom-quiet', key_id: 'suppressed', to, reason: 'being looked after' } })).status).toBe(201);
      await send([...calls('quiet', 'off', 6), ...calls('quiet', 'allowed', 6, '198.51.100.7'), ...calls('quiet', 'suppressed', 6), ...calls('quiet', 'told', 6)]);
      expect(await keysOf('quiet')).toEqual(['told']);
      const [finding] = await found('quiet');
      expect((await app.call(`/v1/findings/${finding!.finding_id}/not-a-threat`, { body: { teach: true, reason: 'our pot' } })).body).toMatchObject({ taught: { allow_networks: ['203.0.113.0/24'] } });
    });

    it('is listed with what may be set of it, and nothing else may', async () => {
      await add(counting('listed'));
      const { body } = await app.call<RuleOfList>('/v1/workspaces/default/rules');
      expect(body.data.find(({ rule_id }) => rule_id === 'custom-listed')).toMatchObject({ enabled: true, defaults: { at_least: 5 } });
      expect(body.data.find(({ rule_id }) => rule_id === 'custom-debug-outside')).toMatchObject({ enabled: true, defaults: {} });
      expect(await set('listed', { settings: { timespan: 5 } })).toMatchObject({ status: 400, body: { detail: 'custom-listed has no setting timespan; it has at_least' } });
      expect((await set('nothing-there', {})).status).toBe(404);
    });
  });

  it('refuses what it does not understand by name, and rules that are there', async () => {
    const rule = (search: string, id = 'refused') => `title: No\nid: ${id}\nlevel: low\ndetection:\n  s: ${search}\n  condition: s\n`;
    expect(await add(rule('{path|base64offset: x}'))).toMatchObject({ status: 400, body: { code: 'invalid_rule', detail: expect.stringContaining('the modifier base64offset is not supported') } });
    for (const expression of ['(?=look)', '([unclosed', '(a)\\\\1']) {
      expect(await add(rule(`{path|re: "${expression}"}`))).toMatchObject({ status: 400, body: { detail: expect.stringContaining('no regular expression of RE2') } });
    }
    expect((await add(rule('{path: /once}', 'once-only'))).status).toBe(201);
    expect(await add(rule('{path: /twice}', 'once-only'))).toMatchObject({ status: 409, body: { code: 'rule_exists' } });
  });

  it('never lets a value become part of a statement', async () => {
    const evil = `'); DROP TABLE request_logs; -- {x:String} \\ %`;
    expect((await add(JSON.stringify({ title: 'Evil', id: 'evil-values', level: 'low', detection: { s: { path: evil, [`attributes.${evil}`]: evil }, condition: 's' } }))).status).toBe(201);
    await send([{ key_id: 'k', path: '/' }]);
    expect((await app.call<{ data: unknown[] }>('/v1/request-logs?limit=1')).body.data).toHaveLength(1);
  });
});

it('does not start with a rule it does not understand, and says which and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keytrail-rules-'));
  await writeFile(join(folder, 'wrong.yaml'), FROM_A_FOLDER.replace('attributes.debug', 'EventID'));
  await expect(startTestApp({ KEYTRAIL_RULES_DIR: folder })).rejects.toThrow(/wrong\.yaml: Debug header from outside: detection\.debug\.EventID: there is no field EventID/);
  await rm(folder, { recursive: true });
});
