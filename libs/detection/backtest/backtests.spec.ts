import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AuditPage, Backtest, BacktestFinding, BacktestFindings, BacktestPage, Finding, FindingPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../../../test/support/app.js';
import { registryOf } from '../../../test/support/registry.js';
import { databaseOf } from '../../../test/support/request-lines.js';
import { BacktestQueue } from './backtest-queue.service.js';
import { HistoryActivity } from './history-activity.store.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('backtests over stored history', () => {
  let app: TestApp;
  let next = 0;
  const start = Math.floor((Date.now() - 4 * DAY) / DAY) * DAY;
  const end = start + 3 * DAY;

  const line = (key_id: string, at: number, fields: object = {}) => {
    next += 1;
    return { key_id, time: at, request_id: `r-${next}`, method: 'GET', path: '/orders', status: 200, address: '192.0.2.10', user_agent: 'orders/1.4', ...fields };
  };
  const send = async (lines: object[]) => {
    for (let at = 0; at < lines.length; at += 5_000) {
      expect((await app.call('/v1/request-logs', { body: lines.slice(at, at + 5_000).map((one) => JSON.stringify(one)).join('\n') })).status).toBe(200);
    }
  };

  beforeAll(async () => {
    app = await startTestApp();
    await registryOf(app).workspace('elsewhere');
    const usual = (key: string) => Array.from({ length: 3 * 24 * 6 }, (_, at) => line(key, start + at * 10 * MINUTE));
    const attack = start + 2 * DAY + 7 * HOUR;
    const lines = [
      ...usual('stolen'), ...usual('calm'), ...usual('tried').map((one) => ({ ...one, workspace: 'elsewhere' })),
      ...Array.from({ length: 60 }, (_, at) => line('stolen', attack + at * 1_000, { status: 403, address: '203.0.113.77', user_agent: 'curl/8.5' })),
      ...Array.from({ length: 80 }, (_, at) => line('stolen', attack + 5 * MINUTE + at * 1_000, { path: `/customers/${at}`, address: '203.0.113.77' })),
      ...Array.from({ length: 12 }, (_, at) => line('calm', attack + at * 1_000, { status: 403 })),
      ...Array.from({ length: 6 }, (_, at) => line('', attack + at * 1_000, { key_fingerprint: undefined, key: `nobody-knows-${at}-xxxxxxxxxxxx`, status: 401, address: '203.0.113.99', key_id: undefined })),
      line('stolen', attack + 20 * MINUTE, { request_id: 'replayed' }), line('stolen', attack + 25 * MINUTE, { request_id: 'replayed', address: '198.51.100.4' }),
    ].sort((a, b) => a.time - b.time);
    for (let hour = 0; hour < 72; hour += 12) {
      await send(lines.filter(({ time }) => time >= start + hour * HOUR && time < start + (hour + 12) * HOUR));
      await app.detect();
    }
  }, 180_000);
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => app.stop());

  const queue = () => app.standalone.app.get(BacktestQueue, { strict: false });
  const period = { from: new Date(start).toISOString(), to: new Date(end).toISOString(), learn_days: 1 };
  const order = async (body: object = {}): Promise<Backtest> => {
    const answer = await app.call<Backtest>('/v1/backtests', { body: { ...period, ...body } });
    expect(answer).toMatchObject({ status: 202, body: { state: 'queued', progress: 0, result: null } });
    return answer.body;
  };
  const look = async (id: string) => (await app.call<Backtest>(`/v1/backtests/${id}`)).body;
  const run = async (body: object = {}) => {
    const { backtest_id } = await order(body);
    expect(await queue().runNext()).toBe(true);
    const backtest = await look(backtest_id);
    expect(backtest).toMatchObject({ state: 'completed', progress: 1, error: null });
    return { ...backtest, found: await findingsOf(backtest_id) };
  };
  const findingsOf = async (id: string, query = ''): Promise<BacktestFinding[]> => (await app.call<BacktestFindings>(`/v1/backtests/${id}/findings?limit=1000${query}`)).body.data;
  const told = (findings: readonly (Finding | BacktestFinding)[]) => findings
    .map(({ rule_id, severity, workspace_id, key_id, first_seen, last_seen, addresses, summary }) => ({ rule_id, severity, workspace_id, key_id, first_seen, last_seen, addresses: [...addresses].sort(), summary }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

  it('finds a stored attack, as the live path found it, and stores nothing of it among the findings', async () => {
    const live = (await app.call<FindingPage>('/v1/findings?limit=1000')).body.data;
    expect(live.map(({ rule_id }) => rule_id)).toEqual(expect.arrayContaining(['denied-burst', 'first-seen-address', 'object-enumeration', 'request-replayed', 'unknown-key-probing']));
    const { found, result } = await run();
    expect(told(found)).toEqual(told(live));
    expect(result).toMatchObject({ findings: live.length, changes: null, forgotten_keys: 0, is_complete: true });
    expect(found.every(({ change, before }) => change === null && before === null)).toBe(true);
    expect((await app.call<FindingPage>('/v1/findings?limit=1000')).body.data).toEqual(live);
  });

  it('keeps to a workspace, a key and a period', async () => {
    expect(new Set((await run({ workspace: 'default', key_id: 'stolen' })).found.map(({ key_id }) => key_id))).toEqual(new Set(['stolen']));
    expect((await run({ workspace: 'elsewhere' })).found).toEqual([]);
    expect((await run({ to: new Date(start + 2 * DAY).toISOString() })).found).toEqual([]);
    const later = await run({ from: new Date(start + 2 * DAY + 12 * HOUR).toISOString(), learn_days: 3 });
    expect(later.found.filter(({ rule_id }) => rule_id === 'denied-burst')).toEqual([]);
  });

  it('shows what other settings would bring, take away and change, beside what stays', async () => {
    const { found, result, backtest_id } = await run({ what_if: ['denied-burst.min_denied=10', 'unknown-key-probing.min_fingerprints=7', 'first-seen-address.min_history_hours=500'] });
    expect(result!.changes).toMatchObject({ added: 1, removed: 3 });
    // Twelve refused calls are told by the finer rule as long as they are no burst.
    expect(found.filter(({ change }) => change === 'added')).toMatchObject([{ rule_id: 'denied-burst', key_id: 'calm' }]);
    expect(found.filter(({ change }) => change === 'removed').map(({ rule_id }) => rule_id).sort()).toEqual(['denied-rate', 'first-seen-address', 'unknown-key-probing']);
    expect(found.filter(({ change }) => change === null)).toHaveLength(result!.changes!.same);
    expect(await findingsOf(backtest_id, '&change=added')).toHaveLength(1);
    const first = (await app.call<BacktestFindings>(`/v1/backtests/${backtest_id}/findings?limit=1`)).body;
    expect((await app.call<BacktestFindings>(`/v1/backtests/${backtest_id}/findings?limit=1&cursor=${first.next_cursor}`)).body.data).toEqual([found[1]]);
  });

  it('tries a rule of one\'s own out before it is switched on, with another count as well', async () => {
    const rules = `title: Customers\nid: customers\nname: customers\nlevel: low\ndetection: {s: {path|startswith: /customers/}, condition: s}
---
title: Many customers\nid: many-customers\nlevel: high\ncorrelation: {type: value_count, rules: customers, group-by: key_id, timespan: 10m, condition: {field: path, gte: 50}}\n`;
    const { found, result } = await run({ rules });
    expect(found.filter(({ rule_id }) => rule_id === 'custom-many-customers')).toMatchObject([{ key_id: 'stolen', severity: 'high', summary: expect.stringContaining('80 values of path') }]);
    expect(result!.by_rule).toContainEqual({ rule_id: 'custom-many-customers', severity: 'high', findings: 1 });
    const stricter = await run({ rules, what_if: ['custom-many-customers.at_least=90'] });
    expect(stricter.found.filter(({ rule_id }) => rule_id === 'custom-many-customers')).toEqual([]);
    expect((await app.call<{ data: unknown[] }>('/v1/custom-rules')).body.data).toEqual([]);
  });

  it('runs one at a time, in the order of the orders, and can be cancelled while it waits and while it runs', async () => {
    const [first, second, third] = [await order(), await order(), await order()];
    const { arrived } = HistoryActivity.prototype;
    const asked: (boolean | number)[] = [];
    jest.spyOn(HistoryActivity.prototype, 'arrived').mockImplementation(async function (this: HistoryActivity, step) {
      if (asked.length === 0) {
        asked.push((await look(first.backtest_id)).state === 'running', await queue().runNext());
        asked.push((await app.call(`/v1/backtests/${first.backtest_id}/cancel`, { body: { reason: 'a mistake' } })).status);
      }
      return arrived.call(this, step);
    });
    await app.call(`/v1/backtests/${second.backtest_id}/cancel`, { body: {} });
    expect(await queue().runNext()).toBe(true);
    expect(asked).toEqual([true, false, 200]);
    expect(await look(first.backtest_id)).toMatchObject({ state: 'cancelled', result: null });
    expect(await app.call(`/v1/backtests/${second.backtest_id}/cancel`, { body: {} })).toMatchObject({ status: 409, body: { code: 'backtest_ended' } });
    expect(await queue().runNext()).toBe(true);
    expect([(await look(second.backtest_id)).state, (await look(third.backtest_id)).state, await queue().runNext()]).toEqual(['cancelled', 'completed', false]);
    const { body } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${first.backtest_id}`);
    expect(body.data.map(({ action, reason }) => [action, reason])).toEqual([['backtest.cancelled', 'a mistake'], ['backtest.created', null]]);
  });

  it('says of one that a stop or a crash cut short that it was interrupted, and goes on with the next', async () => {
    const [stopped, crashed, waiting] = [await order(), await order(), await order()];
    await queue().runNext(() => true);
    expect(await look(stopped.backtest_id)).toMatchObject({ state: 'interrupted', result: null });
    await databaseOf(app).updateTable('backtests').set({ state: 'running', started_at: new Date(), beat_at: new Date() }).where('backtest_id', '=', crashed.backtest_id).execute();
    const again = new BacktestQueue(...(['store', 'runs', 'tunable', 'clock'].map((name) => (queue() as unknown as Record<string, unknown>)[name]) as ConstructorParameters<typeof BacktestQueue>));
    expect(await again.runNext()).toBe(true);
    expect([(await look(crashed.backtest_id)).state, (await look(waiting.backtest_id)).state]).toEqual(['interrupted', 'completed']);
  });

  it('says of one that cannot be run that it failed, and goes on', async () => {
    const { backtest_id } = await order();
    jest.spyOn(HistoryActivity.prototype, 'slices').mockRejectedValue(new Error('the store is away'));
    expect(await queue().runNext()).toBe(true);
    expect(await look(backtest_id)).toMatchObject({ state: 'failed', error: expect.not.stringContaining('away') });
  });

  it('refuses what cannot be run, with what there is', async () => {
    const refused = (body: object) => app.call('/v1/backtests', { body: { ...period, ...body } });
    expect(await refused({ what_if: ['denied-burst.threshold=1'] })).toMatchObject({ status: 400, body: { code: 'invalid_tuning', detail: expect.stringContaining('it has window_minutes') } });
    expect(await refused({ rules: 'title: x' })).toMatchObject({ status: 400, body: { code: 'invalid_rule' } });
    expect(await refused({ to: period.from })).toMatchObject({ status: 400, body: { code: 'invalid_span' } });
    expect(await refused({ from: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400, body: { code: 'invalid_span' } });
    expect(await refused({ key_id: 'stolen' })).toMatchObject({ status: 400, body: { code: 'invalid_scope' } });
    expect((await refused({ workspace: 'nowhere' })).status).toBe(404);
    expect((await refused({ from: 'yesterday' })).status).toBe(400);
    for (let waiting = 0; waiting < 10; waiting += 1) await order();
    expect(await refused({})).toMatchObject({ status: 409, body: { code: 'too_many_backtests' } });
    for (const { backtest_id } of (await app.call<BacktestPage>('/v1/backtests?state=queued')).body.data) await app.call(`/v1/backtests/${backtest_id}/cancel`, { body: {} });
  });

  it('lets viewers look and not order, responders order, and nobody see beyond their workspaces', async () => {
    const { token } = registryOf(app);
    const [viewer, responder, bounded] = [await token('viewer'), await token('responder'), await token('admin', ['elsewhere'])];
    const { backtest_id } = await order({ workspace: 'default' });
    expect((await app.call('/v1/backtests', { token: viewer, body: period })).status).toBe(403);
    expect((await app.call(`/v1/backtests/${backtest_id}/cancel`, { token: viewer, body: {} })).status).toBe(403);
    expect((await app.call(`/v1/backtests/${backtest_id}`, { token: viewer })).status).toBe(200);
    expect((await app.call(`/v1/backtests/${backtest_id}/cancel`, { token: responder, body: {} })).status).toBe(200);
    for (const path of ['', '/findings']) expect((await app.call(`/v1/backtests/${backtest_id}${path}`, { token: bounded })).status).toBe(404);
    expect((await app.call('/v1/backtests', { token: bounded, body: period })).status).toBe(403);
    expect((await app.call<BacktestPage>('/v1/backtests', { token: bounded })).body.data.every(({ workspace_id }) => workspace_id === 'elsewhere')).toBe(true);
  });
});
