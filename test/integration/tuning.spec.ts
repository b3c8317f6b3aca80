import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditPage, Finding, FindingPage, JudgedFinding, RuleOf, RuleOfList, Suppression, SuppressionPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf } from '../support/registry.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('tuning', () => {
  let app: TestApp;
  let next = 0;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  /** Refused calls of a key within seconds; enough of them to be found. */
  const denied = async (key: string, options: { count?: number; address?: string; at?: number; user_agent?: string; status?: number } = {}) => {
    const { count = 30, address = '192.0.2.1', at = Date.now() - MINUTE, user_agent = 'acme/1', status = 403 } = options;
    const body = Array.from({ length: count }, (_, index) => JSON.stringify({
      time: at + index * 10, request_id: `r-${next += 1}`, key_id: key, method: 'GET', path: '/', status, address, user_agent,
    })).join('\n');
    expect((await app.call('/v1/request-logs', { body })).status).toBe(200);
    await app.detect();
  };
  const bursts = async (key: string): Promise<Finding[]> =>
    (await app.call<FindingPage>(`/v1/findings?key_id=${key}`)).body.data.filter(({ rule_id }) => rule_id === 'denied-burst');
  const set = (body: object, key?: string) => app.call<RuleOf>(`/v1/workspaces/default/rules/denied-burst${key === undefined ? '' : `?key_id=${key}`}`, { method: 'PUT', body });
  const audited = async (action: string) => (await app.call<AuditPage>('/v1/audit-entries')).body.data.filter((entry) => entry.action === action);

  it('lists every rule as it counts, with the settings it ships with', async () => {
    const { body } = await app.call<RuleOfList>('/v1/workspaces/default/rules');
    const { body: { data } } = await app.call<{ data: { id: string }[] }>('/v1/rules');
    expect(body.data.map(({ rule_id }) => rule_id)).toEqual(data.map(({ id }) => id));
    expect(body.data.find(({ rule_id }) => rule_id === 'denied-burst')).toEqual({
      rule_id: 'denied-burst', title: expect.any(String), workspace_id: 'default', key_id: null, enabled: true, severity: null,
      settings: { window_minutes: 5, min_denied: 20, min_ratio: 3, min_score: 5 }, defaults: { window_minutes: 5, min_denied: 20, min_ratio: 3, min_score: 5 },
      allow_networks: [], allow_user_agents: [],
    });
  });

  it('judges by the settings of the key before those of its workspace, from the next arrival on', async () => {
    await set({ settings: { min_denied: 5 }, severity: 'low', reason: 'we are strict' });
    await set({ settings: { min_denied: 40 } }, 'patient');
    await denied('strict', { count: 10 });
    await denied('patient', { count: 30 });
    expect(await bursts('strict')).toMatchObject([{ severity: 'low' }]);
    expect(await bursts('patient')).toEqual([]);
    expect((await app.call<RuleOfList>('/v1/workspaces/default/rules?key_id=patient')).body.data.find(({ rule_id }) => rule_id === 'denied-burst'))
      .toMatchObject({ key_id: 'patient', severity: 'low', settings: { min_denied: 40, window_minutes: 5 } });
    await set({});
    await denied('as-it-ships');
    expect(await bursts('as-it-ships')).toMatchObject([{ severity: 'high' }]);
    expect(await audited('rule.tuned')).toMatchObject([
      { object_id: 'denied-burst' }, { detail: { key_id: 'patient', before: null, after: { settings: { min_denied: 40 } } } }, { reason: 'we are strict' },
    ]);
  });

  it('says nothing by a rule that is off for a key, and still watches the others', async () => {
    await set({ enabled: false }, 'off');
    await denied('off');
    await denied('on');
    expect([await bursts('off'), (await bursts('on')).length]).toEqual([[], 1]);
  });

  it('holds back what allowed callers do, but not what a stranger does among them', async () => {
    await set({ allow_networks: ['192.0.2.0/24'] }, 'allowed');
    await denied('allowed');
    expect(await bursts('allowed')).toEqual([]);
    await denied('allowed', { address: '203.0.113.9' });
    expect(await bursts('allowed')).toMatchObject([{ addresses: expect.arrayContaining(['203.0.113.9']) }]);
    await set({ allow_user_agents: ['load-test/*'] }, 'tested');
    await denied('tested', { user_agent: 'load-test/7' });
    expect(await bursts('tested')).toEqual([]);
  });

  it('holds back what lies within a maintenance window, and what comes after its end is found', async () => {
    const at = Date.now() - 10 * MINUTE;
    const suppress = { workspace: 'default', key_id: 'upkeep', from: new Date(at - HOUR).toISOString(), to: new Date(at + MINUTE).toISOString(), reason: 'a migration' };
    const { status, body } = await app.call<Suppression>('/v1/suppressions', { body: suppress });
    expect([status, body]).toEqual([201, expect.objectContaining({ key_id: 'upkeep', rule_id: null, ended_by: null })]);
    await denied('upkeep', { at });
    await denied('elsewhere', { at });
    expect([await bursts('upkeep'), (await bursts('elsewhere')).length]).toEqual([[], 1]);
    await denied('upkeep', { at: at + 2 * MINUTE });
    expect(await bursts('upkeep')).toHaveLength(1);
  });

  it('ends a suppression by itself or at once, and tells who made and who ended it', async () => {
    const { body } = await app.call<Suppression>('/v1/suppressions', {
      body: { workspace: 'default', rule_id: 'denied-burst', key_id: 'noisy', to: new Date(Date.now() + HOUR).toISOString(), reason: 'being looked after' },
    });
    await denied('noisy');
    expect(await bursts('noisy')).toEqual([]);
    const running = async () => (await app.call<SuppressionPage>('/v1/suppressions?state=running&workspace=default')).body.data.map(({ suppression_id }) => suppression_id);
    expect(await running()).toEqual([body.suppression_id]);
    const end = () => app.call<Suppression>(`/v1/suppressions/${body.suppression_id}/end`, { body: {} });
    expect(await end()).toMatchObject({ status: 200, body: { ended_by: expect.any(String) } });
    expect(await end()).toMatchObject({ status: 409, body: { code: 'suppression_ended' } });
    expect(await running()).toEqual([]);
    await denied('noisy', { at: Date.now() });
    expect(await bursts('noisy')).toHaveLength(1);
    expect((await audited('suppression.ended')).concat(await audited('suppression.created')).filter(({ object_id }) => object_id === body.suppression_id)).toHaveLength(2);
  });

  it('learns from a finding that is no threat, if the person agrees', async () => {
    for (const key of ['taught', 'told']) {
      await denied(key, { status: 200, count: 2_000, at: Date.now() - 5 * HOUR });
      await denied(key, { address: '198.51.100.20', at: Date.now() - 3 * HOUR });
    }
    const judge = async (key: string, teach: boolean) =>
      app.call<JudgedFinding>(`/v1/findings/${(await bursts(key))[0]!.finding_id}/not-a-threat`, { body: { teach, reason: 'our scanner' } });
    expect(await judge('told', false)).toMatchObject({ status: 200, body: { finding: { not_a_threat: { reason: 'our scanner' } }, taught: { allow_networks: [] } } });
    expect((await judge('taught', true)).body.taught).toEqual({ allow_networks: ['198.51.100.0/24'], allow_user_agents: [] });
    expect((await judge('taught', true)).body.taught).toEqual({ allow_networks: [], allow_user_agents: [] });
    for (const key of ['taught', 'told']) await denied(key, { address: '198.51.100.77' });
    expect([(await bursts('taught')).length, (await bursts('told')).length]).toEqual([1, 2]);
    expect((await audited('finding.called_no_threat'))[0]).toMatchObject({ reason: 'our scanner', detail: { teach: true } });
  });

  it('lets responders say what is no threat, but not what is allowed', async () => {
    await denied('judged');
    const token = await registryOf(app).token('responder');
    const [finding] = await bursts('judged');
    const judge = (teach: boolean) => app.call(`/v1/findings/${finding!.finding_id}/not-a-threat`, { token, body: { teach, reason: 'seen' } });
    expect((await judge(true)).status).toBe(403);
    expect((await bursts('judged'))[0]!.not_a_threat).toBeNull();
    expect((await judge(false)).status).toBe(200);
    expect((await app.call('/v1/workspaces/default/rules/denied-burst', { method: 'PUT', token, body: { enabled: false } })).status).toBe(403);
  });

  it.each([
    [{ settings: { threshold: 1 } }, 'denied-burst has no setting threshold; it has window_minutes, min_denied, min_ratio, min_score'],
    [{ settings: { min_denied: 'many' } }, 'denied-burst.min_denied takes a number from 0, such as 20'],
    [{ settings: { window_minutes: 0 } }, 'denied-burst.window_minutes takes a whole number from 1, such as 5'],
    [{ allow_networks: ['0.0.0.0/0'] }, '0.0.0.0/0 is too wide: at least /8'],
    [{ allow_networks: ['everywhere'] }, 'everywhere is neither an address nor a network such as 198.51.100.0/24'],
    [{ allow_user_agents: ['*'] }, '* fits too much: at least 4 characters before the *'],
  ])('refuses %j and says why', async (body, message) => {
    expect(await set(body)).toMatchObject({ status: 400, body: { code: 'invalid_tuning', detail: message } });
  });

  it('refuses a suppression that would not end, ends before it begins, or is of nothing there is', async () => {
    const suppress = (body: object) => app.call('/v1/suppressions', { body: { workspace: 'default', reason: 'quiet', ...body } });
    const inDays = (days: number) => new Date(Date.now() + days * 24 * HOUR).toISOString();
    expect(await suppress({})).toMatchObject({ status: 400 });
    expect(await suppress({ to: inDays(91) })).toMatchObject({ status: 400, body: { code: 'invalid_span' } });
    expect(await suppress({ to: inDays(-2) })).toMatchObject({ status: 400, body: { code: 'invalid_span' } });
    expect(await suppress({ to: inDays(1), workspace: 'nowhere' })).toMatchObject({ status: 404 });
    expect(await suppress({ to: inDays(1), rule_id: 'nothing' })).toMatchObject({ status: 404 });
    expect((await app.call('/v1/workspaces/default/rules/nothing', { method: 'PUT', body: {} })).status).toBe(404);
    expect((await app.call('/v1/workspaces/nowhere/rules')).status).toBe(404);
  });
});
