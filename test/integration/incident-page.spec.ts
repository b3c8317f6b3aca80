import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DetectionFinding } from '@keytrail/contracts';
import type { AuditPage, CreatedApiKey, Finding, FindingPage, Incident, IncidentPage, IncidentTimesReport, Problem, Replacement } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, nativeLine, ndjson, newName } from '../support/request-lines.js';

const MINUTE = 60_000;

let app: TestApp;
let registry: TestRegistry;
let network = 0;
beforeAll(async () => {
  app = await startTestApp();
  registry = registryOf(app);
});
afterAll(() => app.stop());

/** So many refused calls of a key, from a network that no other test uses unless one is given. */
async function burst(key: Pick<CreatedApiKey, 'key_id' | 'workspace_id'>, { address = newAddress(), minutesAgo = 1, user_agent = 'thief/1.0' } = {}): Promise<string> {
  const line = () => nativeLine({ workspace: key.workspace_id, key_id: key.key_id, status: 403, address, user_agent, time: Date.now() - minutesAgo * MINUTE });
  await app.call('/v1/request-logs', { body: ndjson(Array.from({ length: 40 }, line)) });
  await app.detect();
  return address;
}
function newAddress(): string {
  network += 1;
  return `198.18.${network}.7`;
}
const incidentsOf = async (keyId: string) => (await app.call<IncidentPage>(`/v1/incidents?key_id=${keyId}`)).body.data;
const get = async (id: string) => (await app.call<Incident>(`/v1/incidents/${id}`)).body;
const post = <T>(path: string, body: object, token?: string) => app.call<T & Problem>(path, { body, ...(token && { token }) });
async function incidentOf(key: CreatedApiKey): Promise<Incident> {
  await burst(key);
  return get((await incidentsOf(key.key_id))[0]!.incident_id);
}
const textsOf = ({ timeline }: Incident) => timeline.map(({ text }) => text);

describe('the page of an incident', () => {
  it('tells the story, the keys, how the severity came about, samples of requests, and the key\'s own history in the timeline', async () => {
    const key = await registry.key();
    const incident = await incidentOf(key);
    expect(incident.narrative[0]).toContain(`This is about the API key ${key.name}`);
    expect(incident.narrative.join(' ')).toContain(`${key.owner.name} owns it, to be reached at ${key.owner.contact}.`);
    expect(incident.narrative.join(' ')).toContain(`${key.name} is not revoked yet: whoever holds it can go on.`);
    expect(incident.narrative.at(-1)).toBe(`First thing to do: ${incident.suggested_actions[0]!.title}. ${incident.suggested_actions[0]!.why}`);
    expect(incident.severity_because).toMatch(/^its gravest finding, Burst of .+, is high$/);
    expect(incident.affected_keys).toMatchObject([{
      key_id: key.key_id, name: key.name, kind: 'api_key', state: 'active', owner: { owner_id: key.owner.owner_id }, replaces: [], replaced_by: null, findings: 1,
      blast_radius: `GET /v1/api-keys/${key.key_id}/blast-radius`,
    }]);
    expect(incident.sample_requests.map(({ request_id }) => request_id).sort()).toEqual([...incident.evidence[0]!.evidence.request_ids].sort());
    expect(incident.sample_requests.length).toBeGreaterThan(0);
    expect(incident.key_count).toBe(1);
    const ocsf = (await app.call<DetectionFinding>(`/v1/incidents/${incident.incident_id}/ocsf`)).body;
    expect(DetectionFinding.parse(ocsf)).toEqual(ocsf);
    expect(ocsf).toMatchObject({ class_uid: 2004, finding_info: { uid: incident.incident_id, desc: incident.narrative.join('\n') }, resources: [{ uid: key.key_id }] });
    expect((await app.call('/v1/incidents/inc_00000000000000000000000000000000/ocsf')).status).toBe(404);
    expect(incident.sample_requests.every(({ key_id, status }) => key_id === key.key_id && status === 403)).toBe(true);
    expect(incident.timeline.filter(({ kind }) => kind === 'key').map(({ text }) => text)).toEqual([`${key.name} was made`]);
    expect(incident.times).toMatchObject({ to_acknowledge: null, to_contain: null, to_resolve: null });
    expect(incident.times.to_detect).toBeGreaterThanOrEqual(59);
    expect(incident.new_callers).toEqual({ requests: 40, accepted: 0, refused: 40, failed: 0, bytes_out: 0, accepted_routes: [] });
    expect(incident.affected_keys[0]!.environment).toBe('production');
    const radius = await app.call(incident.affected_keys[0]!.blast_radius!.replace('GET ', ''));
    expect(radius.status).toBe(200);
  });

  it('says whom to call, in which order, and leaves out an owner who left', async () => {
    const owner_id = await registry.owner();
    const escalation = [{ name: 'On call', contact: '#on-call' }];
    await app.call(`/v1/owners/${owner_id}`, { method: 'PATCH', body: { escalation } });
    const { incident_id, owner } = await incidentOf(await registry.key({ owner_id }));
    expect((await get(incident_id)).escalation_path).toEqual([{ name: owner!.name, contact: owner!.contact, role: 'owner' }, { ...escalation[0], role: 'escalation' }]);
    await app.call(`/v1/owners/${owner_id}`, { method: 'PATCH', body: { status: 'left' } });
    const left = await get(incident_id);
    expect(left.escalation_path).toEqual([{ ...escalation[0], role: 'escalation' }]);
    expect(left.narrative).toContain(`${owner!.name} owns it and has left. Call On call at #on-call.`);
  });

  it('says for a key that is not in the registry that it is not, and nothing of a key of another workspace', async () => {
    const incident = await incidentOf({ key_id: 'somebody-elses', workspace_id: 'default' } as CreatedApiKey);
    expect(incident.affected_keys).toMatchObject([{ key_id: 'somebody-elses', kind: 'unknown', state: null, owner: null, blast_radius: null }]);
    expect(incident.narrative.join(' ')).toContain('somebody-elses is not in the registry');
    const workspace = await registry.workspace(newName('workspace'));
    const foreign = await registry.key({ workspace });
    const claimed = await incidentOf({ ...foreign, workspace_id: 'default' });
    expect(claimed.affected_keys).toMatchObject([{ state: null, owner: null, name: '' }]);
    expect(JSON.stringify(claimed)).not.toContain(foreign.name);
  });

  it('is graver for a token of the account and milder for a public key, and says why', async () => {
    const token = (await post<CreatedApiKey>('/v1/service-tokens', { service: 'deploy', environment: 'production', owner_id: await registry.owner() })).body;
    const publicKey = (await post<CreatedApiKey>('/v1/public-keys', { service: 'shop', workspace: 'default', owner_id: await registry.owner() })).body;
    expect(await incidentOf({ ...token, workspace_id: 'default' })).toMatchObject({ severity: 'critical', severity_because: expect.stringContaining('good in every workspace') });
    expect(await incidentOf({ ...publicKey, workspace_id: 'default' })).toMatchObject({ severity: 'medium', severity_because: expect.stringContaining('nobody\'s secret') });
  });

  it('joins what a successor does to the incident of the key it replaced, and says so', async () => {
    const key = await registry.key();
    const incident = await incidentOf(key);
    const { body } = await post<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { reason: 'stolen', incident_id: incident.incident_id });
    const successor = { ...key, key_id: body.replacement.key_id };
    await burst(successor);
    const joined = (await incidentsOf(successor.key_id)).map(({ incident_id }) => incident_id);
    expect(joined).toEqual([incident.incident_id]);
    const page = await get(incident.incident_id);
    expect(textsOf(page).join('\n')).toContain(`joined because ${successor.key_id} and ${key.key_id} are one key, before and after it was replaced`);
    expect(page.affected_keys.map(({ key_id, replaces, replaced_by, state }) => [key_id, replaces, replaced_by, state])).toEqual([
      [key.key_id, [], successor.key_id, 'revoked'], [successor.key_id, [key.key_id], null, 'active'],
    ]);
    expect(page.times.to_contain).toBeGreaterThanOrEqual(0);
  });

  it('names closed incidents like it, why, and what was written about them', async () => {
    const key = await registry.key();
    const first = await incidentOf(key);
    await app.call(`/v1/incidents/${first.incident_id}`, { method: 'PATCH', body: { state: 'resolved', note: 'a load test of ours' } });
    await databaseOf(app).updateTable('findings').set({ last_seen: new Date(0) }).where('incident_id', '=', first.incident_id).execute();
    const again = await incidentOf(key);
    expect(again.incident_id).not.toBe(first.incident_id);
    expect(again.similar).toMatchObject([{ incident_id: first.incident_id, state: 'resolved', last_note: expect.stringContaining('a load test of ours') }]);
    expect(again.similar[0]!.because).toContain(`the key ${key.key_id}`);
  });
});

describe('incidents merged by hand', () => {
  it('give findings, keys and what was done to the other, and stay closed', async () => {
    const [one, other] = [await registry.key(), await registry.key()];
    const [from, into] = [await incidentOf(one), await incidentOf(other)];
    expect(from.incident_id).not.toBe(into.incident_id);
    const answer = await post<Incident>(`/v1/incidents/${from.incident_id}/merge`, { into: into.incident_id, reason: 'one attacker' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ incident_id: into.incident_id, state: 'open', findings: 2, merged_into: null });
    expect(new Set(answer.body.key_ids)).toEqual(new Set([one.key_id, other.key_id]));
    expect(answer.body.evidence.map(({ incident_id }) => incident_id)).toEqual([into.incident_id, into.incident_id]);
    expect(textsOf(answer.body)).toContain(`Took over the 1 findings of ${from.incident_id} (${from.title}): one attacker`);
    expect(await get(from.incident_id)).toMatchObject({ state: 'resolved', merged_into: into.incident_id });
    const reopened = await app.call<Problem>(`/v1/incidents/${from.incident_id}`, { method: 'PATCH', body: { state: 'open' } });
    expect([reopened.status, reopened.body.code]).toEqual([409, 'incident_merged']);
    for (const { incident_id } of [from, into]) {
      const { data } = (await app.call<AuditPage>(`/v1/audit-entries?object_id=${incident_id}`)).body;
      expect(data[0]).toMatchObject({ action: 'incident.merged', reason: 'one attacker' });
    }
    // What goes on, and what is done with the old id, lands in the one that is left.
    await burst(one);
    expect((await incidentsOf(one.key_id)).filter(({ merged_into }) => merged_into === null).map(({ incident_id }) => incident_id)).toEqual([into.incident_id]);
    await post(`/v1/api-keys/${one.key_id}/revoke-and-replace`, { reason: 'stolen', incident_id: from.incident_id });
    expect(await get(into.incident_id)).toMatchObject({ state: 'contained' });
    const again = await post<Incident>(`/v1/incidents/${from.incident_id}/merge`, { into: into.incident_id, reason: 'x' });
    expect([again.status, again.body.detail]).toEqual([409, `${from.incident_id} is closed for good: it was merged into ${into.incident_id}. Work on that one.`]);
  });

  it('leave nothing contained that takes over what is not', async () => {
    const [one, other] = [await registry.key(), await registry.key()];
    const [open, contained] = [await incidentOf(one), await incidentOf(other)];
    await post(`/v1/api-keys/${other.key_id}/revoke-and-replace`, { reason: 'stolen', incident_id: contained.incident_id });
    const { body } = await post<Incident>(`/v1/incidents/${open.incident_id}/merge`, { into: contained.incident_id, reason: 'one attacker' });
    expect(body.state).toBe('open');
    expect(textsOf(body)).toContain('contained -> open: what it takes over is not contained');
  });

  it('are refused when one is closed, unknown, or the same, and change nothing', async () => {
    const [a, b] = [await incidentOf(await registry.key()), await incidentOf(await registry.key())];
    const merge = (from: string, into: string) => post<Incident>(`/v1/incidents/${from}/merge`, { into, reason: 'x' });
    expect((await merge(a.incident_id, a.incident_id)).body.code).toBe('same_incident');
    expect((await merge(a.incident_id, 'inc_0')).status).toBe(404);
    await app.call(`/v1/incidents/${b.incident_id}`, { method: 'PATCH', body: { state: 'resolved' } });
    for (const [from, into] of [[a, b], [b, a]] as const) {
      const refused = await merge(from.incident_id, into.incident_id);
      expect([refused.status, refused.body.code]).toEqual([409, 'incident_closed']);
    }
    expect(await get(a.incident_id)).toMatchObject({ state: 'open', findings: 1, merged_into: null });
    const viewer = await registry.token('viewer');
    expect((await post(`/v1/incidents/${a.incident_id}/merge`, { into: b.incident_id, reason: 'x' }, viewer)).status).toBe(403);
  });

  it('let one of two people through who merge both ways at once', async () => {
    const [a, b] = [await incidentOf(await registry.key()), await incidentOf(await registry.key())];
    const answers = await Promise.all([[a, b], [b, a]].map(([from, into]) => post(`/v1/incidents/${from!.incident_id}/merge`, { into: into!.incident_id, reason: 'x' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('incidents split by hand', () => {
  const twoKeys = async () => {
    const [one, other] = [await registry.key(), await registry.key()];
    const address = await burst(one);
    await burst(other, { address });
    const [incident] = await incidentsOf(one.key_id);
    const findings = (await app.call<FindingPage>(`/v1/findings?key_id=${other.key_id}`)).body.data;
    return { one, other, incident: await get(incident!.incident_id), findings };
  };

  it('make an incident of their own of some findings, and leave nothing of them behind', async () => {
    const { one, other, incident, findings } = await twoKeys();
    expect(new Set(incident.key_ids)).toEqual(new Set([one.key_id, other.key_id]));
    const answer = await post<Incident>(`/v1/incidents/${incident.incident_id}/split`, { finding_ids: findings.map(({ finding_id }) => finding_id), reason: 'another story' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ key_ids: [other.key_id], state: 'open', findings: findings.length });
    expect(textsOf(answer.body)).toContainEqual(expect.stringContaining(`split from ${incident.incident_id}: another story`));
    const rest = await get(incident.incident_id);
    expect(rest.key_ids).toEqual([one.key_id]);
    expect(rest.evidence.map(({ key_id }) => key_id)).toEqual([one.key_id]);
    expect(rest.findings).toBe(incident.findings - findings.length);
    // What goes on with the key goes to the new one.
    await burst(other);
    expect((await incidentsOf(other.key_id)).map(({ incident_id }) => incident_id)).toEqual([answer.body.incident_id]);
  });

  it('are refused when nothing would be left, and for findings of other incidents', async () => {
    const { incident } = await twoKeys();
    const all = incident.evidence.map(({ finding_id }: Finding) => finding_id);
    const split = (finding_ids: string[]) => post(`/v1/incidents/${incident.incident_id}/split`, { finding_ids, reason: 'x' });
    expect((await split(all)).body.code).toBe('nothing_left');
    expect((await split([all[0]!, 'fnd_0'])).body.code).toBe('finding_not_in_incident');
    expect((await split([])).status).toBe(400);
    expect((await get(incident.incident_id)).findings).toBe(incident.findings);
  });
});

describe('a contained incident', () => {
  it('is open again when its caller goes on with another key, and contained for good once that is revoked too', async () => {
    const [one, other] = [await registry.key(), await registry.key()];
    const address = await burst(one);
    const { incident_id } = (await incidentsOf(one.key_id))[0]!;
    await post(`/v1/api-keys/${one.key_id}/revoke-and-replace`, { reason: 'stolen', incident_id });
    expect((await get(incident_id)).state).toBe('contained');
    await burst(one, { address, minutesAgo: 0 });
    expect((await get(incident_id)).state).toBe('contained');
    await burst(other, { address });
    const escaped = await get(incident_id);
    expect(escaped.state).toBe('open');
    expect(textsOf(escaped)).toContain(`contained -> open: ${other.key_id} is in it too, and still works`);
    await post(`/v1/api-keys/${other.key_id}/revoke-and-replace`, { reason: 'stolen', incident_id });
    await burst(other, { address, minutesAgo: 0 });
    expect((await get(incident_id)).state).toBe('contained');
  });
});

describe('times of incidents', () => {
  it('are reported over all, by severity and by week, for those who may see them', async () => {
    const workspace = await registry.workspace(newName('workspace'));
    const key = await registry.key({ workspace });
    const incident = await incidentOf(key);
    await app.call(`/v1/incidents/${incident.incident_id}`, { method: 'PATCH', body: { state: 'acknowledged' } });
    const report = (await app.call<IncidentTimesReport>(`/v1/incident-times?workspace=${workspace}`)).body;
    expect(report.all).toMatchObject({ opened: 1, to_detect: { incidents: 1 }, to_acknowledge: { incidents: 1 }, to_contain: { incidents: 0, mean_s: null } });
    expect(report.by_severity[incident.severity].opened).toBe(1);
    expect(report.by_week.at(-1)!.opened).toBe(1);
    expect((await app.call(`/v1/incident-times?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`)).status).toBe(400);
    expect((await app.call(`/v1/incident-times?from=1999-01-02T00:00:00Z`)).status).toBe(400);
  });
});
