import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditPage, CreatedApiKey, FindingPage, Incident, IncidentPage, IncidentState } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { nativeLine, ndjson, newName } from '../support/request-lines.js';

const MINUTE = 60_000;

describe('incidents', () => {
  let app: TestApp;
  let registry: TestRegistry;
  let address = 0;
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app.stop());

  /** A burst of refused calls; from a network of its own, so that no two tests meet in one incident. */
  const burst = async (key: CreatedApiKey, minutesAgo = 1) => {
    address += 1;
    const line = () => nativeLine({ workspace: key.workspace_id, key_id: key.key_id, status: 403, address: `198.19.${address}.7`, time: Date.now() - minutesAgo * MINUTE });
    await app.call('/v1/request-logs', { body: ndjson(Array.from({ length: 40 }, line)) });
    await app.detect();
  };
  const about = async (key: CreatedApiKey) => (await app.call<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`)).body.data;
  const open = async () => {
    const key = await registry.key();
    await burst(key);
    return { key, incident_id: (await about(key))[0]!.incident_id };
  };
  const get = async (id: string) => (await app.call<Incident>(`/v1/incidents/${id}`)).body;
  const patch = (id: string, body: unknown, token?: string) => app.call<Incident>(`/v1/incidents/${id}`, { method: 'PATCH', body, ...(token && { token }) });

  it('name key, owner, evidence, timeline and what to do', async () => {
    const { key, incident_id } = await open();
    const incident = await get(incident_id);
    expect(incident).toMatchObject({
      state: 'open', severity: 'high', key_ids: [key.key_id], findings: 1, rule_ids: ['denied-burst'], workspace_id: 'default',
      owner: { owner_id: key.owner.owner_id, name: key.owner.name, contact: key.owner.contact },
      evidence: [{ rule_id: 'denied-burst', key_id: key.key_id, incident_id, evidence: { counts: { denied: 40 } } }],
    });
    expect(incident.evidence[0]!.evidence.request_ids.length).toBeGreaterThan(0);
    expect(incident.timeline.map(({ kind }) => kind)).toEqual(['key', 'opened', 'finding']);
    expect(incident.suggested_actions.map(({ call }) => call)).toContainEqual(expect.stringContaining(`/v1/api-keys/${key.key_id}/revoke-and-replace`));
  });

  it.each<[IncidentState, IncidentState[], IncidentState[]]>([
    ['open', [], ['acknowledged', 'resolved', 'false_positive']],
    ['acknowledged', ['acknowledged'], ['resolved', 'false_positive', 'open']],
    ['resolved', ['resolved'], ['open']],
    ['false_positive', ['false_positive'], ['open']],
  ])('move from %s where they may, and stay where they may not', async (from, way, allowed) => {
    for (const to of ['open', 'acknowledged', 'resolved', 'false_positive'] as const) {
      if (to === from) continue;
      const { incident_id } = await open();
      for (const state of way) expect((await patch(incident_id, { state })).status).toBe(200);
      const answer = await patch(incident_id, { state: to, note: 'because' });
      if (allowed.includes(to)) {
        expect([from, to, answer]).toEqual([from, to, expect.objectContaining({ status: 200, body: expect.objectContaining({ state: to }) })]);
        expect(answer.body.timeline.at(-1)).toMatchObject({ kind: 'state', text: `${from} -> ${to}: because`, actor: 'token:tok_administrator' });
      } else {
        expect([from, to, answer]).toEqual([from, to, expect.objectContaining({ status: 409, body: expect.objectContaining({ code: 'state_not_reachable' }) })]);
        expect((await get(incident_id)).state).toBe(from);
      }
    }
  });

  it('are contained by an action, never by saying so', async () => {
    const { key, incident_id } = await open();
    expect((await patch(incident_id, { state: 'contained' })).status).toBe(400);
    await app.call(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: 'stolen', incident_id } });
    expect((await get(incident_id)).state).toBe('contained');
    expect((await patch(incident_id, { state: 'resolved' })).body.state).toBe('resolved');
  });

  it('take notes in any state, with who wrote them, and put them in the audit trail', async () => {
    const { incident_id } = await open();
    const token = await registry.token('responder');
    await patch(incident_id, { state: 'resolved' }, token);
    const { body } = await patch(incident_id, { note: 'called the owner' }, token);
    expect(body).toMatchObject({ state: 'resolved', timeline: expect.arrayContaining([expect.objectContaining({ kind: 'note', text: 'called the owner' })]) });
    const { data } = (await app.call<AuditPage>(`/v1/audit-entries?object_id=${incident_id}`)).body;
    expect(data.map(({ action, reason, detail }) => [action, reason, detail])).toEqual([
      ['incident.changed', 'called the owner', { before: { state: 'resolved' }, after: { state: 'resolved' } }],
      ['incident.changed', null, { before: { state: 'open' }, after: { state: 'resolved' } }],
    ]);
    expect(data[0]!.actor).toBe(body.timeline.at(-1)!.actor);
  });

  it('are not changed by nothing, by unknown fields or by a note nobody could read', async () => {
    const { incident_id } = await open();
    for (const body of [{}, { state: 'closed' }, { note: '' }, { note: 'a\u0000' }, { note: 'x'.repeat(4001) }, { note: 'x', severity: 'low' }, []]) {
      expect([body, (await patch(incident_id, body)).status]).toEqual([body, 400]);
    }
    expect((await get(incident_id)).timeline).toHaveLength(3);
    expect((await patch('inc_0', { note: 'x' })).status).toBe(404);
  });

  it('let one of two responders through when both move at once', async () => {
    const { incident_id } = await open();
    const answers = await Promise.all([patch(incident_id, { state: 'resolved' }), patch(incident_id, { state: 'false_positive' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('grow with what goes on, and are not opened twice', async () => {
    const { key, incident_id } = await open();
    await patch(incident_id, { state: 'acknowledged' });
    await burst(key);
    expect(await about(key)).toMatchObject([{ incident_id, state: 'acknowledged' }]);
  });

  it('do not tie keys of two owners together by an address both have used for long, but by one that is new, and count the keys', async () => {
    const [one, other] = [await registry.key(), await registry.key()];
    const from = (key: CreatedApiKey, address: string, status: number, time: (index: number) => number, count: number) =>
      app.call('/v1/request-logs', { body: ndjson(Array.from({ length: count }, (_, index) => nativeLine({ key_id: key.key_id, address, status, time: time(index) }))) });
    for (const key of [one, other]) await from(key, '198.18.7.1', 200, (index) => Date.now() - (25 + index) * 60 * MINUTE, 24);
    for (const key of [one, other]) await from(key, '198.18.7.9', 403, (index) => Date.now() - 5 * MINUTE + index, 40);
    await app.detect();
    const apart = [...await about(one), ...await about(other)];
    expect(apart.map(({ key_ids }) => key_ids)).toEqual([[one.key_id], [other.key_id]]);

    const [third, fourth] = [await registry.key(), await registry.key()];
    for (const key of [third, fourth]) await from(key, '198.18.8.1', 403, (index) => Date.now() - 5 * MINUTE + index, 40);
    await app.detect();
    const [together, ...more] = await about(third);
    expect(more).toEqual([]);
    expect(new Set(together!.key_ids)).toEqual(new Set([third.key_id, fourth.key_id]));
    expect(together!.title).toMatch(/ and 1 more key$/);
  });

  it('tell in their timeline when what goes on has become much larger', async () => {
    const { key, incident_id } = await open();
    for (let times = 0; times < 3; times += 1) await burst(key);
    const { timeline, evidence } = await get(incident_id);
    expect(timeline.map(({ kind }) => kind)).toEqual(['key', 'opened', 'finding', 'finding']);
    expect(timeline.at(-1)).toMatchObject({ finding_id: evidence[0]!.finding_id, text: expect.stringMatching(/: now 160 of 160 calls in 5 minutes were refused/) });
  });

  it.each(['false_positive', 'resolved'] as const)('that are %s stay so; what comes anew opens another', async (state) => {
    const key = await registry.key();
    const ordinary = Array.from({ length: 400 }, (_, index) => nativeLine({ key_id: key.key_id, time: Date.now() - (200 + index % 60) * MINUTE }));
    await app.call('/v1/request-logs', { body: ndjson(ordinary) });
    await burst(key, 180);
    const [first] = await about(key);
    const closed = (await patch(first!.incident_id, { state })).body;
    await burst(key);
    const both = await about(key);
    expect(both.map((one) => one.state)).toEqual(['open', state]);
    expect(both[0]!.incident_id).not.toBe(first!.incident_id);
    expect(await get(first!.incident_id)).toMatchObject({ state, findings: closed.findings, last_seen: closed.last_seen });
  });

  it('that are resolved while the attack goes on are followed by another, and both show the evidence', async () => {
    const { key, incident_id } = await open();
    const closed = (await patch(incident_id, { state: 'resolved' })).body;
    await burst(key, 0);
    const [follower, ...others] = await about(key);
    expect(others).toMatchObject([{ incident_id, state: 'resolved', findings: 1, last_seen: closed.last_seen }]);
    const [after, before] = [await get(follower!.incident_id), await get(incident_id)];
    expect(after).toMatchObject({ state: 'open', findings: 1, evidence: [{ incident_id: follower!.incident_id, evidence: { counts: { denied: 80 } } }] });
    expect(after.timeline.find(({ kind }) => kind === 'opened')!.text).toMatch(new RegExp(`follows ${incident_id}, closed as resolved at .*: it went on after that`));
    expect(before.evidence).toEqual(after.evidence);
    expect(before.timeline.at(-1)!.text).toMatch(new RegExp(`it went on after that; see ${follower!.incident_id}`));
    await burst(key, 0);
    expect((await about(key)).map((one) => [one.incident_id, one.state])).toEqual([[follower!.incident_id, 'open'], [incident_id, 'resolved']]);
  });

  it('that are false positives are left alone for what goes on, and followed once it becomes graver', async () => {
    const key_id = newName('token');
    const aboutIt = async () => (await app.call<IncidentPage>(`/v1/incidents?key_id=${key_id}`)).body.data;
    const byHand = async (user_agent: string) => {
      await app.call('/v1/request-logs', { body: ndjson([nativeLine({ key_id, credential_kind: 'service_token', user_agent, address: '198.51.100.200' })]) });
      await app.detect();
    };
    await byHand('curl/8.5.0');
    const { incident_id } = (await aboutIt())[0]!;
    const closed = (await patch(incident_id, { state: 'false_positive' })).body;
    await byHand('curl/8.5.0');
    expect(await get(incident_id)).toEqual({
      ...closed, evidence: [expect.objectContaining({ incident_id, severity: 'medium' })],
      // Told anew from the evidence each time.
      narrative: expect.any(Array), sample_requests: expect.any(Array),
    });
    await byHand('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36');
    const both = await aboutIt();
    expect(both.map(({ state, severity }) => [state, severity])).toEqual([['open', 'high'], ['false_positive', 'medium']]);
    expect((await get(both[0]!.incident_id)).timeline[0]!.text).toContain('its severity rose from medium to high');
  });

  it('are found by state, severity, workspace and key, page by page', async () => {
    const workspace = await registry.workspace('paged');
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const key = await registry.key({ workspace });
      await burst(key, 10 - index);
      ids.unshift((await about(key))[0]!.incident_id);
    }
    await patch(ids[2]!, { state: 'resolved' });
    const find = async (query: string) => (await app.call<IncidentPage>(`/v1/incidents?workspace=paged&${query}`)).body;
    expect((await find('state=resolved')).data.map(({ incident_id }) => incident_id)).toEqual([ids[2]]);
    expect((await find('state=open&severity=high')).data.map(({ incident_id }) => incident_id)).toEqual(ids.slice(0, 2));
    expect((await find('severity=low')).data).toEqual([]);
    expect((await find('state=open,resolved&severity=high,critical')).data.map(({ incident_id }) => incident_id)).toEqual(ids);
    expect((await app.call('/v1/incidents?state=open,shut')).status).toBe(400);
    const first = await find('limit=2');
    const second = await find(`limit=2&cursor=${first.next_cursor}`);
    expect([...first.data, ...second.data].map(({ incident_id }) => incident_id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    const findings = (await app.call<FindingPage>('/v1/findings?workspace=paged&rule_id=denied-burst&limit=2')).body;
    const rest = (await app.call<FindingPage>(`/v1/findings?workspace=paged&rule_id=denied-burst&cursor=${findings.next_cursor}`)).body;
    expect([...findings.data, ...rest.data].map(({ incident_id }) => incident_id)).toEqual(ids);
  });
});
