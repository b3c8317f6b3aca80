import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createECDH, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type {
  AuditPage, BulkContainment, BulkPlan, FindingPage, GithubLeakAnswer, Incident, IncidentPage, Introspection, Leak, LeakPage, LeakReceipt, LeakSummary, Problem,
} from '@keytrail/contracts';
import { LeakIncidents } from '@keytrail/incidents';
import { newBearerKey } from '@keytrail/platform';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { captureOutput } from '../support/capture-output.js';
import { sha256, signatureOf, startGithub, type FoundToken, type GithubScanning, type SigningKey } from '../support/github-secret-scanning.js';
import { issueKey, keyKinds, type IssuedKey } from '../support/key-kinds.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { allThatIsStored, databaseOf, nativeLine, ndjson, newName } from '../support/request-lines.js';

let github: GithubScanning;
let app: TestApp;
let registry: TestRegistry;

const ADDRESS = 'https://github.com/octocat/hello/blob/12345600b9cbe38a219f39a9941c9319b600c002/config.env';
type Reported = Answer<GithubLeakAnswer & Problem>;

/** Sends bytes as GitHub does: signed over exactly what is sent, but for what a test changes. */
const send = (body: string, { key = github.key, signature = signatureOf(body, key), headers = {} }: { key?: SigningKey; signature?: string; headers?: Record<string, string> } = {}): Promise<Reported> =>
  app.call('/v1/leaks/github', { token: null, body, headers: { 'Github-Public-Key-Identifier': key.identifier, 'Github-Public-Key-Signature': signature, ...headers } });
const bodyOf = (found: readonly (FoundToken | string)[]) => JSON.stringify(found.map((one) => ({ type: 'keytrail_key', url: ADDRESS, source: 'commit', ...(typeof one === 'string' ? { token: one } : one) })));
const report = async (...found: (FoundToken | string)[]): Promise<GithubLeakAnswer> => {
  const answer = await send(bodyOf(found));
  expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  return answer.body;
};
/** From an address of its own: failures are counted by address. */
const sendFrom = async (address: string, body: string, headers: Record<string, string>) => {
  const answer = await app.standalone.app.inject({ method: 'POST', url: '/v1/leaks/github', remoteAddress: address, payload: body, headers: { 'content-type': 'application/json', ...headers } });
  return { status: answer.statusCode, code: answer.json<Problem>().code, headers: answer.headers };
};
const signed = (body: string, key = github.key) => ({ 'github-public-key-identifier': key.identifier, 'github-public-key-signature': signatureOf(body, key) });

const issue = (index: number, fields: Record<string, unknown> = {}) => issueKey(app, registry, keyKinds[index]!, fields);
const secretOf = (key: IssuedKey) => (key.secret ?? key.private_key_pem)!;
const incidentsOf = async (keyId: string) => (await app.call<IncidentPage>(`/v1/incidents?key_id=${keyId}`)).body.data;
const soleIncident = async (keyId: string): Promise<Incident> => {
  const incidents = await incidentsOf(keyId);
  expect([keyId, incidents.length]).toEqual([keyId, 1]);
  const incident = (await app.call<Incident>(`/v1/incidents/${incidents[0]!.incident_id}`)).body;
  // Without what became of its keys: that is not the leak's.
  return { ...incident, timeline: incident.timeline.filter(({ kind }) => kind !== 'key') };
};
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
const leaksOf = async (keyId: string) => (await app.call<LeakPage>(`/v1/leaks?key_id=${keyId}`)).body.data;
const leakOf = async (id: string) => (await app.call<Leak>(`/v1/leaks/${id}`)).body;
const latest = async (): Promise<LeakSummary> => (await app.call<LeakPage>('/v1/leaks?limit=1')).body.data[0]!;
const isActive = async (token: string) => (await app.call<Introspection>('/v1/introspect', { body: { token } })).body.active;
const tell = (body: object, token?: string): Promise<Answer<LeakReceipt & Problem>> => app.call('/v1/leaks', { body, ...(token && { token }) });
/** A secret but for one character, which the checksum notices. */
const mistyped = (secret: string) => `${secret.slice(0, 10)}${secret[10] === 'a' ? 'b' : 'a'}${secret.slice(11)}`;

describeOnBoth('reports of leaked secrets', (env) => {
  let written: () => string;
  beforeAll(async () => {
    written = captureOutput();
    github = await startGithub();
    app = await startTestApp({ ...await env(), KEYTRAIL_GITHUB_KEYS_URL: github.url });
    registry = registryOf(app);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app.stop();
    await github.stop();
  });

  it('count only as GitHub signed them: anything else is refused before it is read, and leaves nothing', async () => {
    const key = await issue(0);
    const body = bodyOf([secretOf(key)]);
    expect((await send(bodyOf([]))).body).toEqual([]);
    const other = github.newKey();
    const wrongCurve = github.newKey('secp384r1');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const refused: [string, string, Record<string, string>][] = [
      ['unsigned', body, {}],
      ['unsigned', body, { 'github-public-key-identifier': github.key.identifier }],
      ['unsigned', body, { 'github-public-key-signature': signatureOf(body, github.key) }],
      ['bad_signature', body, { ...signed(body), 'github-public-key-signature': signatureOf(body, other) }],
      ['bad_signature', body, { ...signed(body), 'github-public-key-signature': signatureOf(body, wrongCurve) }],
      ['bad_signature', body, { ...signed(body), 'github-public-key-signature': signatureOf(body, { ...other, privateKey }) }],
      ['bad_signature', body, { ...signed(body), 'github-public-key-signature': 'x' }],
      ['bad_signature', `${body} `, signed(body)],
      ['bad_signature', body.replace('keytrail_key', 'keytrail_kez'), signed(body)],
    ];
    for (const [index, [code, sent, headers]] of refused.entries()) expect([index, await sendFrom('10.9.0.1', sent, headers)]).toEqual([index, expect.objectContaining({ status: 403, code })]);
    // The list was fetched a moment ago, so nobody can tell yet: GitHub sends it again.
    const undecided = await sendFrom('10.9.0.1', body, signed(body, other));
    expect(undecided).toMatchObject({ status: 503, code: 'key_list_unavailable' });
    expect(Number(undecided.headers['retry-after'])).toBeGreaterThan(0);
    expect(github.asked()).toBe(1);
    expect(await sendFrom('10.9.0.1', body, { ...signed(body), 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
    expect([await incidentsOf(key.key_id), await leaksOf(key.key_id)]).toEqual([[], []]);
  });

  it('are refused with a wait after many bad signatures from an address, which still lets a good one through', async () => {
    const body = bodyOf(['kt_nothing']);
    const statuses: number[] = [];
    for (let call = 0; call < 35; call += 1) statuses.push((await sendFrom('10.9.0.2', body, { ...signed(body), 'github-public-key-signature': 'AAAAAAAAAAAA' })).status);
    expect([new Set(statuses.slice(0, 30)), new Set(statuses.slice(30))]).toEqual([new Set([403]), new Set([429])]);
    expect((await sendFrom('10.9.0.2', body, signed(body))).status).toBe(200);
    expect((await sendFrom('10.9.0.3', body, { ...signed(body), 'github-public-key-signature': 'AAAAAAAAAAAA' })).status).toBe(403);
  });

  it('that are no array of matches are refused though signed, and repeat nothing of what they hold', async () => {
    const secret = newBearerKey('api');
    for (const [body, status] of [['', 400], ['{', 400], [`{"token":"${secret}"}`, 400], [`["${secret}"]`, 400], [`[{"type":"${secret}"}]`, 400], ['[{"token":7}]', 400], ['[{"token":""}]', 400], [`[{"token":"x","url":["${secret}"]}]`, 400]] as const) {
      const answer = await send(body);
      expect([body.slice(0, 12), answer.status]).toEqual([body.slice(0, 12), status]);
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    }
    const many = `[${Array(50_001).fill('{"token":"x"}').join()}]`;
    expect(await send(many)).toMatchObject({ status: 413, body: { code: 'too_many_matches' } });
    expect((await send(' '.repeat(17 * 1024 * 1024))).status).toBe(413);
  });

  it.each(keyKinds.filter(({ once }) => once.length > 0).map((kind): [string, number] => [kind.kind, keyKinds.indexOf(kind)]))(
    'recognise the secret of a %s: true positive, an incident that names owner and call, nothing else changed', async (_, index) => {
      const key = await issue(index);
      const [answer, ...rest] = await report(secretOf(key));
      expect([answer, rest]).toEqual([{ token_hash: sha256(secretOf(key)), token_type: 'keytrail_key', label: 'true_positive' }, []]);
      const incident = await soleIncident(key.key_id);
      expect(incident).toMatchObject({
        workspace_id: 'default', severity: 'critical', state: 'open', title: `Leaked key: ${key.name}`, owner: key.owner, key_ids: [key.key_id], rule_ids: ['leaked-key'], findings: 1,
        evidence: [{ rule_id: 'leaked-key', key_id: key.key_id, evidence: { counts: { reports: 1, places: 1 } } }],
      });
      const { leak_id } = (await leaksOf(key.key_id))[0]!;
      expect(incident.timeline.map(({ kind, actor, text }) => [kind, actor, text])).toEqual([
        ['opened', 'keytrail', `Opened: Leaked key: ${key.name}`],
        ['finding', 'github', `Leaked key: the secret of ${key.name} was found by github, in commit, at ${ADDRESS} (${leak_id})`],
      ]);
      expect(incident.suggested_actions[0]!.call).toBe(`POST ${keyKinds[index]!.path}/${key.key_id}/revoke-and-replace {"reason":"…","incident_id":"${incident.incident_id}"}`);
      expect(await leakOf(leak_id)).toMatchObject({
        source: 'github', reported_by: 'github', tokens: 1, true_positives: 1, finished_at: expect.any(String),
        keys: [{ key_id: key.key_id, kind: key.kind, owner: key.owner, state: 'active', state_when_reported: 'active', proven: true, incident_id: incident.incident_id, containment_id: null, type: 'keytrail_key', places: [{ url: ADDRESS, location: 'commit' }] }],
      });
      const [entry, ...older] = await entriesOf(key.key_id);
      expect([entry!.action, entry!.actor, older.map(({ action }) => action)]).toEqual([`${key.kind}.leaked`, 'github', [`${key.kind}.created`]]);
      expect(entry!.detail).toMatchObject({ leak_id, incident_id: incident.incident_id, state: 'active' });
      if (key.secret && index < 2) expect(await isActive(key.secret)).toBe(true);
    });

  it('tell what is no secret of a live or dead key: typos, unknown ones, public ids and anything else are counted and make no incident', async () => {
    const [key, workspaceKey, publicKey] = [await issue(0), await issue(2), await issue(3)];
    const incidents = (await app.call<IncidentPage>('/v1/incidents?limit=1000')).body.data.length;
    const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'prime256v1', privateKeyEncoding: { type: 'sec1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    const sent = [
      mistyped(secretOf(key)), newBearerKey('api'), newBearerKey('svc'), newBearerKey('sec'), workspaceKey.public_id!, publicKey.public_id!, key.key_id, key.fingerprint, ec, rsa,
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'hunter2', 'x'.repeat(100_000), ' ', 'kt_', '\u0000',
    ];
    const answer = await report(...sent);
    expect(answer.map(({ token_hash, label }) => [token_hash, label])).toEqual(sent.map((token) => [sha256(token), 'false_positive']));
    expect(await latest()).toMatchObject({ tokens: 16, true_positives: 0, false_positives: { mistyped: 1, unknown: 5, not_a_secret: 2, malformed: 8 } });
    expect((await app.call<IncidentPage>('/v1/incidents?limit=1000')).body.data).toHaveLength(incidents);
    expect((await app.call<string>('/metrics')).body).toMatch(/keytrail_leaked_secrets_total\{label="mistyped"\} [1-9]/);
  });

  it('are not fooled by a private key file that borrows the public half of somebody\'s signing key', async () => {
    const key = await issue(4);
    const real = createPrivateKey(secretOf(key)).export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(real.x!, 'base64url'), Buffer.from(real.y!, 'base64url')]);
    const own = createECDH('prime256v1');
    own.generateKeys();
    // ECPrivateKey (RFC 5915): the private number of a thief, the public point of the victim.
    const der = Buffer.concat([Buffer.from('30770201010420', 'hex'), own.getPrivateKey().toString('hex').length === 64 ? own.getPrivateKey() : Buffer.alloc(32, 1), Buffer.from('a00a06082a8648ce3d030107a144034200', 'hex'), point]);
    const forged = `-----BEGIN EC PRIVATE KEY-----\n${der.toString('base64')}\n-----END EC PRIVATE KEY-----`;
    expect((await report(forged))[0]).toMatchObject({ label: 'false_positive' });
    expect(await incidentsOf(key.key_id)).toEqual([]);
  });

  it('recognise a signing key however its file was bent: base64, escaped line breaks, none, SEC 1', async () => {
    const key = await issue(4);
    const pem = key.private_key_pem!;
    const sec1 = createPrivateKey(pem).export({ format: 'pem', type: 'sec1' }).toString();
    const forms = [key.private_key_pem_base64!, pem.replaceAll('\n', '\\n'), pem.replaceAll('\n', ' '), pem.replaceAll('\n', '\r\n'), sec1, `SIGNING_KEY="${pem}"`];
    expect((await report(...forms)).map(({ label }) => label)).toEqual(forms.map(() => 'true_positive'));
    expect((await soleIncident(key.key_id)).timeline.filter(({ kind }) => kind === 'finding')).toHaveLength(1);
    expect((await entriesOf(key.key_id)).filter(({ action }) => action === 'signing_key.leaked')).toHaveLength(1);
  });

  it('of a key that is dead already are true, and the incident says that it is dead', async () => {
    const [revoked, expired] = [await issue(0), await issue(0)];
    await app.call(`/v1/api-keys/${revoked.key_id}`, { method: 'DELETE' });
    await databaseOf(app).updateTable('credentials').set({ expires_at: new Date(Date.now() - 1_000) }).where('key_id', '=', expired.key_id).execute();
    expect((await report(secretOf(revoked), secretOf(expired))).map(({ label }) => label)).toEqual(['true_positive', 'true_positive']);
    const incident = await soleIncident(revoked.key_id);
    expect(incident).toMatchObject({ severity: 'medium', title: `Leaked key, revoked already: ${revoked.name}` });
    expect(incident.timeline.at(-1)!.text).toMatch(/The key was revoked already, at 20/);
    expect(incident.suggested_actions.map(({ call }) => call)).not.toContainEqual(expect.stringContaining('revoke-and-replace'));
    expect(await soleIncident(expired.key_id)).toMatchObject({ severity: 'medium', title: `Leaked key, expired already: ${expired.name}` });
  });

  it('that come again change nothing: the same bytes, old ones replayed, two at once, or the same token twice in one', async () => {
    const key = await issue(0);
    const body = bodyOf([secretOf(key), secretOf(key), { token: secretOf(key), url: `${ADDRESS}#L2` }, mistyped(secretOf(key))]);
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body: answer }) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]!.body.map(({ label }) => label)).toEqual(['true_positive', 'true_positive', 'true_positive', 'false_positive']);
    const incident = await soleIncident(key.key_id);
    expect([incident.findings, incident.timeline.length]).toEqual([1, 2]);
    await app.call(`/v1/incidents/${incident.incident_id}`, { method: 'PATCH', body: { state: 'resolved' } });
    expect((await send(body)).body).toEqual(answers[0]!.body);
    expect((await soleIncident(key.key_id)).timeline).toHaveLength(3);
    const [leak, ...rest] = await leaksOf(key.key_id);
    expect([leak!.times_reported, leak!.tokens, rest]).toEqual([5, 2, []]);
    expect((await leakOf(leak!.leak_id)).keys[0]!.places).toHaveLength(2);
    expect((await entriesOf(key.key_id)).map(({ action }) => action)).toEqual(['api_key.leaked', 'api_key.created']);
    expect(await entriesOf(leak!.leak_id)).toHaveLength(1);
  });

  it('of a key that was reported before join its incident: a new place is told, a known one is not', async () => {
    const key = await issue(1);
    await report(secretOf(key));
    await report({ token: secretOf(key), source: 'commit' }, 'kt_other');
    expect((await soleIncident(key.key_id)).timeline).toHaveLength(2);
    await report({ token: secretOf(key), url: `${ADDRESS}-2` }, { token: secretOf(key), url: `${ADDRESS}-3` });
    const incident = await soleIncident(key.key_id);
    expect(incident.timeline.slice(2).map(({ text }) => text)).toEqual([expect.stringMatching(/^Leaked key: now .* at .*-2 and 1 more place \(leak_/)]);
    expect([incident.findings, incident.evidence[0]!.evidence.counts]).toEqual([1, { reports: 3, places: 3 }]);
    for (let index = 0; index < 25; index += 1) await report({ token: secretOf(key), url: `${ADDRESS}/${index}` });
    expect((await soleIncident(key.key_id)).timeline.length).toBe(2 + 20);
    expect(await leaksOf(key.key_id)).toHaveLength(28);
  });

  it('open a closed incident\'s follower while the key lives, and leave it closed when the key is dead or it was called false today', async () => {
    const [live, dead, called] = [await issue(0), await issue(0), await issue(0)];
    const close = async (key: IssuedKey, state: string) => {
      await report(secretOf(key));
      expect((await app.call(`/v1/incidents/${(await soleIncident(key.key_id)).incident_id}`, { method: 'PATCH', body: { state } })).status).toBe(200);
    };
    await close(live, 'resolved');
    await close(dead, 'resolved');
    await close(called, 'false_positive');
    await app.call(`/v1/api-keys/${dead.key_id}`, { method: 'DELETE' });
    for (const key of [live, dead, called]) await report({ token: secretOf(key), url: `${ADDRESS}-again` });
    const [second, first] = await incidentsOf(live.key_id);
    expect([first!.state, second!.state]).toEqual(['resolved', 'open']);
    expect((await app.call<Incident>(`/v1/incidents/${second!.incident_id}`)).body.timeline.find(({ kind }) => kind === 'opened')!.text).toContain(`follows ${first!.incident_id}, closed as resolved`);
    for (const [key, state] of [[dead, 'resolved'], [called, 'false_positive']] as const) {
      const incident = await soleIncident(key.key_id);
      expect([incident.state, incident.timeline.at(-1)!.text]).toEqual([state, expect.stringContaining('-again')]);
    }
  });

  it('and findings about the same key are one incident, whichever comes first', async () => {
    const attack = async (key: IssuedKey) => {
      await app.call('/v1/request-logs', { body: ndjson(Array.from({ length: 40 }, () => nativeLine({ workspace: 'default', key_id: key.key_id, status: 403, address: '203.0.113.77' }))) });
      await app.detect();
    };
    const [first, second] = [await issue(0), await issue(0)];
    await report(secretOf(first));
    await attack(first);
    const one = await soleIncident(first.key_id);
    expect(one.rule_ids).toEqual(expect.arrayContaining(['leaked-key', 'denied-burst']));
    await app.call(`/v1/incidents/${one.incident_id}`, { method: 'PATCH', body: { state: 'resolved' } });
    await attack(second);
    await report(secretOf(second));
    const two = await soleIncident(second.key_id);
    expect(two.rule_ids).toEqual(expect.arrayContaining(['leaked-key', 'denied-burst']));
    expect(two).toMatchObject({ severity: 'critical', title: `Leaked key: ${second.name}` });
    expect(two.timeline.map(({ text }) => text)).toContainEqual(expect.stringContaining(`joined because it is about the same key ${second.key_id}`));
    expect((await app.call<FindingPage>(`/v1/findings?key_id=${second.key_id}&rule_id=leaked-key`)).body.data).toHaveLength(1);
  });

  it('of ten thousand tokens are answered one by one, within the time that GitHub waits', async () => {
    const keys = await Promise.all(Array.from({ length: 12 }, (_, index) => issue(index % 2)));
    const tokens = Array.from({ length: 10_000 }, (_, index) => {
      const key = index % 1_000 === 7 ? keys[Math.floor(index / 1_000)] : undefined;
      return key === undefined ? newBearerKey('api') : secretOf(key);
    });
    const started = performance.now();
    const answer = await report(...tokens.map((token, index) => ({ token, url: `${ADDRESS}#L${index}` })));
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(answer).toHaveLength(10_000);
    expect(answer.filter(({ label }) => label === 'true_positive').map(({ token_hash }) => token_hash)).toEqual(keys.slice(0, 10).map((key) => sha256(secretOf(key))));
    expect(await latest()).toMatchObject({ tokens: 10_000, true_positives: 10, false_positives: { unknown: 9_990 } });
  });

  it('that break off leave each key whole or untouched, and the same report does the rest', async () => {
    const keys = await Promise.all([0, 1, 2].map(() => issue(0)));
    keys.sort((a, b) => (a.key_id < b.key_id ? -1 : 1));
    const incidents = app.standalone.app.get(LeakIncidents, { strict: false });
    const really = incidents.record.bind(incidents);
    const broken = jest.spyOn(incidents, 'record').mockImplementation(async (...what) => {
      const id = await really(...what);
      if (what[2].key.key_id === keys[1]!.key_id) throw new Error('the power went');
      return id;
    });
    const body = bodyOf(keys.map(secretOf));
    try {
      expect((await send(body)).status).toBe(500);
    } finally {
      broken.mockRestore();
    }
    const counts = async () => Promise.all(keys.map(async ({ key_id }) => [(await incidentsOf(key_id)).length, (await leaksOf(key_id)).length, (await entriesOf(key_id)).length]));
    expect(await counts()).toEqual([[1, 1, 2], [0, 0, 1], [0, 0, 1]]);
    expect(await latest()).toMatchObject({ finished_at: null, true_positives: 1 });
    expect((await send(body)).body.map(({ label }) => label)).toEqual(['true_positive', 'true_positive', 'true_positive']);
    expect(await counts()).toEqual([[1, 1, 2], [1, 1, 2], [1, 1, 2]]);
    expect(await latest()).toMatchObject({ finished_at: expect.any(String), true_positives: 3, times_reported: 2 });
  });

  it('of people and scanners need leaks:write, take secrets and ids, and are told what became of each', async () => {
    const [bearer, signing, named, publicKey] = [await issue(0), await issue(2), await issue(1), await issue(3)];
    const body = {
      source: 'trufflehog', note: 'nightly scan', url: 'https://paste.example/1', location: 'paste',
      items: [{ token: secretOf(bearer) }, { token: ` ${secretOf(signing)}\n`, url: 'https://paste.example/2' }, { key_id: named.key_id }, { key_id: publicKey.key_id }, { key_id: 'key_0' }, { token: mistyped(secretOf(bearer)) }, { token: signing.public_id! }],
    };
    for (const role of ['viewer', 'gateway', 'ingest'] as const) expect((await tell(body, await registry.token(role))).status).toBe(403);
    const scanner = await registry.token('scanner');
    const receipt = (await tell(body, scanner)).body;
    expect(receipt).toMatchObject({ leak_id: expect.stringMatching(/^leak_/), repeated: false });
    expect(receipt.results.map(({ label, reason, key_id, revoked }) => [label, reason, key_id, revoked])).toEqual([
      ['true_positive', null, bearer.key_id, false], ['true_positive', null, signing.key_id, false], ['true_positive', null, named.key_id, false],
      ['false_positive', 'not_a_secret', null, false], ['false_positive', 'unknown', null, false], ['false_positive', 'mistyped', null, false], ['false_positive', 'not_a_secret', null, false],
    ]);
    expect(receipt.results[0]!.incident_id).toBe((await soleIncident(bearer.key_id)).incident_id);
    const leak = await leakOf(receipt.leak_id);
    expect(leak).toMatchObject({ source: 'trufflehog', note: 'nightly scan', tokens: 7, true_positives: 3, false_positives: { unknown: 1, mistyped: 1, malformed: 0, not_a_secret: 2 } });
    const shown = new Map(leak.keys.map((key) => [key.key_id, key]));
    expect(shown.get(bearer.key_id)).toMatchObject({ proven: true, places: [{ url: 'https://paste.example/1', location: 'paste' }], fingerprint: bearer.fingerprint });
    expect(shown.get(signing.key_id)).toMatchObject({ proven: true, places: [{ url: 'https://paste.example/2', location: 'paste' }] });
    expect(shown.get(named.key_id)).toMatchObject({ proven: false, incident_id: (await soleIncident(named.key_id)).incident_id });
    expect((await soleIncident(named.key_id)).timeline.at(-1)!.text).toContain('was named as leaked by trufflehog; its secret was not presented');
    expect((await tell(body, scanner)).body).toEqual({ ...receipt, repeated: true });
    expect((await app.call(`/v1/leaks/${receipt.leak_id}`, { token: scanner })).status).toBe(403);
    for (const bad of [{}, { items: [] }, { items: [{}] }, { items: [{ token: 'a', key_id: 'b' }] }, { items: [{ token: '' }] }, { items: [{ token: 'x'.repeat(16_385) }] }, { source: 'github', items: [{ token: 'a' }] }, { items: Array(1_001).fill({ token: 'a' }) }, { items: [{ token: 'a', kind: 'b' }] }]) {
      expect([JSON.stringify(bad).slice(0, 60), (await tell(bad)).status]).toEqual([JSON.stringify(bad).slice(0, 60), 400]);
    }
  });

  it('stay within workspaces: ids outside are unknown, secrets outside are recorded and not named, and each sees their own part', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const [inside, outside, wide] = [await issue(0, { workspace }), await issue(0), await issue(1)];
    const responder = await registry.token('responder', [workspace]);
    const receipt = (await tell({ items: [{ token: secretOf(inside) }, { token: secretOf(outside) }, { key_id: wide.key_id }] }, responder)).body;
    expect(receipt.results.map(({ label, key_id }) => [label, key_id])).toEqual([['true_positive', inside.key_id], ['true_positive', null], ['false_positive', null]]);
    expect(receipt.results[1]!.incident_id).toBeNull();
    await soleIncident(outside.key_id);
    expect(await incidentsOf(wide.key_id)).toEqual([]);
    expect(await soleIncident(inside.key_id)).toMatchObject({ workspace_id: workspace, severity: 'high' });
    const see = async (token?: string): Promise<Answer<Leak>> => app.call(`/v1/leaks/${receipt.leak_id}`, { ...(token && { token }) });
    expect((await see()).body).toMatchObject({ tokens: 3, true_positives: 2, keys: [{}, {}] });
    expect((await see(responder)).body).toMatchObject({ tokens: 3, true_positives: 1, keys: [{ key_id: inside.key_id }] });
    expect((await see(await registry.token('viewer', [workspace]))).body).toMatchObject({ tokens: null, false_positives: null, true_positives: 1, keys: [{ key_id: inside.key_id }] });
    const stranger = await registry.token('viewer', [await registry.workspace(newName('ws'))]);
    expect((await see(stranger)).status).toBe(404);
    const listed = async (query: string, token?: string) => (await app.call<LeakPage>(`/v1/leaks?${query}`, { ...(token && { token }) })).body.data.map(({ leak_id }) => leak_id);
    expect(await listed('', stranger)).toEqual([]);
    expect([await listed(`workspace=${workspace}`), await listed('', responder), await listed(`key_id=${outside.key_id}`)]).toEqual([[receipt.leak_id], [receipt.leak_id], [receipt.leak_id]]);
    expect([await listed(`key_id=${outside.key_id}`, responder), await listed('workspace=default', responder), await listed('source=nobody')]).toEqual([[], [], []]);
    const page = (await app.call<LeakPage>('/v1/leaks?limit=2')).body;
    expect(await listed(`limit=2&cursor=${page.next_cursor}`)).not.toContain(page.data[0]!.leak_id);
  });

  it('are a target for many keys at once: revoked and replaced by the report, as its dry run says', async () => {
    const [one, two, dead] = [await issue(0), await issue(2), await issue(0)];
    await app.call(`/v1/api-keys/${dead.key_id}`, { method: 'DELETE' });
    const { leak_id } = (await tell({ items: [one, two, dead].map((key) => ({ token: secretOf(key) })) })).body;
    const order = { action: 'revoke_and_replace', target: { leak_id }, reason: 'leaked' };
    const plan = (await app.call<BulkPlan>('/v1/bulk-containments', { body: order })).body;
    expect([plan.keys.map(({ key_id }) => key_id).sort(), plan.already_revoked, plan.not_found]).toEqual([[one.key_id, two.key_id].sort(), [dead.key_id], []]);
    const done = (await app.call<BulkContainment>('/v1/bulk-containments', { body: { ...order, plan_token: plan.plan_token } })).body;
    expect([done.done, done.refused]).toEqual([2, 0]);
    const leak = await leakOf(leak_id);
    expect(leak.keys.map(({ state }) => state)).toEqual(['revoked', 'revoked', 'revoked']);
    // Each key's own incident is told.
    for (const { key_id, incident_id } of leak.keys.filter((key) => key.key_id !== dead.key_id)) {
      expect([key_id, (await app.call<Incident>(`/v1/incidents/${incident_id}`)).body.state]).toEqual([key_id, 'contained']);
    }
    const stranger = await registry.token('responder', [await registry.workspace(newName('ws'))]);
    expect((await app.call<BulkPlan>('/v1/bulk-containments', { body: order, token: stranger })).body).toMatchObject({ keys: [], already_revoked: [] });
    expect((await app.call<BulkPlan>('/v1/bulk-containments', { body: { ...order, target: { leak_id: 'leak_0' } } })).body).toMatchObject({ keys: [] });
  });

  it('leave no secret behind: not in a store, not in a log, not in an answer, wherever it was written', async () => {
    const keys = [await issue(0), await issue(1), await issue(2), await issue(4)];
    const secrets = keys.map(secretOf);
    const [nobody, password] = [newBearerKey('api'), `pass${newName('word')}`];
    const answers = [
      await send(bodyOf([...secrets, nobody, password].map((token) => ({ token, type: `type ${token}`.slice(0, 60), url: `https://ci.example/build?key=${encodeURIComponent(token)}&x=1#${token.slice(0, 50)}` })))),
      await tell({ note: `found ${secrets[0]} and ${nobody}`, url: `https://u:${password}@ci.example/?token=${secrets[0]}`, items: secrets.map((token) => ({ token })) }),
      await tell({ items: secrets.map((token) => ({ token, extra: token })) }),
      await app.call('/v1/leaks'), await app.call('/v1/incidents?limit=1000'), await app.call('/v1/audit-entries?limit=1000'), await app.call('/metrics'),
    ];
    const told = answers.map(({ body }) => JSON.stringify(body, (name, value: unknown) => (name === 'token_type' ? 'as GitHub called it' : value)));
    const places: Record<string, string> = { stored: await allThatIsStored(app), written: written(), ...Object.fromEntries(told.map((text, index) => [`answer ${index}`, text])) };
    const inner = (secret: string) => (secret.startsWith('kt_') ? secret.slice(8, 36) : secret.split('\n')[1]!.slice(0, 60));
    for (const [place, text] of Object.entries(places)) {
      for (const secret of [...secrets.map(inner), inner(nobody), password]) {
        const at = text.indexOf(secret);
        expect([place, at === -1 ? '' : text.slice(Math.max(0, at - 120), at + 60)]).toEqual([place, '']);
      }
    }
  });
});

describeOnBoth('leaked keys where the setting revokes them', (env) => {
  beforeAll(async () => {
    github = await startGithub();
    app = await startTestApp({ ...await env(), KEYTRAIL_GITHUB_KEYS_URL: github.url, KEYTRAIL_REVOKE_LEAKED: 'api_key,service_token,workspace_key' });
    registry = registryOf(app);
  });
  afterAll(async () => {
    await app.stop();
    await github.stop();
  });

  it.each([0, 1, 2])('die with the report when their kind is named (%#): one containment, the incident contained, all in one', async (index) => {
    const key = await issue(index);
    const body = bodyOf([secretOf(key)]);
    const answers = await Promise.all([send(body), send(body), tell({ items: [{ token: secretOf(key) }] })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const { incident_id, ...incident } = await soleIncident(key.key_id);
    expect(incident).toMatchObject({ state: 'contained', severity: 'critical' });
    expect(incident.timeline.filter(({ kind }) => kind === 'action')).toHaveLength(1);
    const containments = (await app.call<{ data: { containment_id: string; started_by: string; incident_id: string }[] }>(`/v1/containments?key_id=${key.key_id}`)).body.data;
    expect(containments).toMatchObject([{ action: 'revoke', state: 'contained', started_by: 'keytrail', incident_id }]);
    const shown = (await leaksOf(key.key_id)).map(({ leak_id }) => leakOf(leak_id));
    expect((await Promise.all(shown)).flatMap(({ keys }) => keys.map(({ containment_id }) => containment_id)).filter((id) => id !== null)).toEqual([containments[0]!.containment_id]);
    expect((await entriesOf(key.key_id)).map(({ action }) => action).sort()).toEqual([`${key.kind}.created`, `${key.kind}.leaked`, `${key.kind}.leaked`, `${key.kind}.revoked`].sort());
    if (index < 2) expect(await isActive(key.secret!)).toBe(false);
  });

  it('and are replaced by somebody at the same moment: one containment, and nobody is answered with a failure', async () => {
    for (let round = 0; round < 4; round += 1) {
      const key = await issue(0);
      const [reported, replaced] = await Promise.all([send(bodyOf([secretOf(key)])), app.call(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: 'saw it too' } })]);
      expect([reported.status, reported.body[0]!.label]).toEqual([200, 'true_positive']);
      expect([200, 409]).toContain(replaced.status);
      expect((await app.call<{ data: unknown[] }>(`/v1/containments?key_id=${key.key_id}`)).body.data).toHaveLength(1);
      expect([await isActive(key.secret!), (await incidentsOf(key.key_id)).length]).toEqual([false, 1]);
    }
  });

  it('live on when their kind is not named, or only their id was', async () => {
    const [signing, named] = [await issue(4), await issue(0)];
    await report(secretOf(signing));
    expect((await tell({ items: [{ key_id: named.key_id }] })).body.results).toMatchObject([{ label: 'true_positive', revoked: false }]);
    expect([(await soleIncident(signing.key_id)).state, (await soleIncident(named.key_id)).state]).toEqual(['open', 'open']);
    expect(await isActive(named.secret!)).toBe(true);
    expect((await tell({ items: [{ token: secretOf(named) }] })).body.results).toMatchObject([{ label: 'true_positive', revoked: true }]);
    expect([await isActive(named.secret!), (await soleIncident(named.key_id)).state]).toEqual([false, 'contained']);
  });

  it('end the overlap they are in: the old key dies, its successor lives', async () => {
    const key = await issue(0);
    const rotated = (await app.call<{ containment_id: string; secret: string }>(`/v1/api-keys/${key.key_id}/rotate`, { body: { overlap: 3_600 } })).body;
    await report(secretOf(key));
    expect([await isActive(key.secret!), await isActive(rotated.secret)]).toEqual([false, true]);
    expect((await app.call(`/v1/containments/${rotated.containment_id}`)).body).toMatchObject({ state: 'contained', ended_by: 'keytrail' });
    const [leak] = await leaksOf(key.key_id);
    expect((await leakOf(leak!.leak_id)).keys).toMatchObject([{ containment_id: rotated.containment_id, state: 'revoked', state_when_reported: 'active' }]);
    expect((await soleIncident(key.key_id)).state).toBe('contained');
  });
});

describe('reports of GitHub where no key list is configured', () => {
  it('are not taken, and the answer says so', async () => {
    app = await startTestApp();
    try {
      const answer = await app.call<Problem>('/v1/leaks/github', { token: null, body: '[]', headers: { 'github-public-key-identifier': 'x', 'github-public-key-signature': 'y' } });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_configured' } });
    } finally {
      await app.stop();
    }
  });
});
