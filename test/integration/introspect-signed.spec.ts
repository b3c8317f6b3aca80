import { createHash, createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Introspection, type IntrospectRequest, type IntrospectionList, type RefusalReason, type SignedRequest } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { issueKey, keyKinds, type IssuedKey } from '../support/key-kinds.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { claimsOf, encode, nowSeconds, signRequest, userToken } from '../support/presented.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf } from '../support/request-lines.js';

const kindOf = (kind: IssuedKey['kind']) => keyKinds.find((one) => one.kind === kind)!;

describeOnBoth('introspection of what is signed', (env) => {
  let app: TestApp;
  let registry: TestRegistry;
  let gateway: string;
  let workspaceKey: IssuedKey;
  let publicKey: IssuedKey;
  let signingKey: IssuedKey;
  let strictKey: IssuedKey;
  let strictSigner: IssuedKey;

  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
    await registry.workspace('acme');
    await app.call('/v1/workspaces', { body: { workspace_id: 'strict', name: 'strict', environment: 'production', enhanced_security: true } });
    gateway = await registry.token('gateway');
    const issue = (kind: IssuedKey['kind'], workspace: string) => issueKey(app, registry, kindOf(kind), { workspace });
    workspaceKey = await issue('workspace_key', 'acme');
    publicKey = await issue('public_key', 'acme');
    signingKey = await issue('signing_key', 'acme');
    strictKey = await issue('public_key', 'strict');
    strictSigner = await issue('signing_key', 'strict');
  });
  afterAll(() => app?.stop());

  const ask = async (body: Partial<IntrospectRequest>, as = gateway): Promise<Introspection> => {
    const answer = await app.call<Introspection>('/v1/introspect', { body, token: as });
    expect([answer.status, answer.body]).toEqual([200, answer.body]);
    return Introspection.strict().parse(answer.body);
  };
  const signed = (parts: Partial<SignedRequest> = {}, key = workspaceKey, secret?: string) => ask({ signed_request: signRequest(key, parts, secret) });
  const ofUser = (user_token: string, more: object = {}, public_key = publicKey.public_id!) => ask({ public_key, user_token, ...more });
  const refused = (reason: RefusalReason) => expect.objectContaining({ active: false, reason });

  it('accepts a request signed as the documentation says, and tells whose it is', async () => {
    expect(await signed()).toMatchObject({ active: true, key_id: workspaceKey.key_id, kind: 'workspace_key', workspace_id: 'acme', owner: { name: workspaceKey.owner.name }, scope: 'orders:read' });
    expect((await signed({ query: '', method: 'GET', path: '/' })).active).toBe(true);
  });

  it('refuses a request of which anything was changed after it was signed', async () => {
    const good = signRequest(workspaceKey);
    const changes: Partial<SignedRequest>[] = [
      { method: 'PUT' }, { path: '/v1/orders/' }, { path: '/v1/Orders' }, { query: 'page=3&sort=-at' }, { query: '' }, { query: 'sort=-at&page=2' },
      { body_sha256: createHash('sha256').update('x').digest('hex') }, { timestamp: String(Number(good.timestamp) + 1) }, { nonce: randomBytes(12).toString('base64url') },
      { signature: good.signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }, { signature: '0'.repeat(64) },
      // Moved from one part to the next.
      { path: '/v1', query: '/orders\npage=2' }, { path: `${good.path}\n${good.query}`, query: '' },
    ];
    for (const change of changes) {
      const { active, reason } = await ask({ signed_request: { ...good, ...change } });
      expect([change, active, reason]).toEqual([change, false, JSON.stringify(change).includes('\\n') ? 'malformed' : 'bad_signature']);
    }
    // None of that used the nonce up.
    expect((await ask({ signed_request: good })).active).toBe(true);
  });

  it('refuses a signature made with anything but the secret', async () => {
    const other = await issueKey(app, registry, kindOf('workspace_key'), { workspace: 'acme' });
    for (const secret of [other.secret!, '', workspaceKey.public_id!, signingKey.kid!]) {
      expect(await signed({}, workspaceKey, secret)).toEqual(refused('bad_signature'));
    }
  });

  it('takes times of five minutes around now, and no others', async () => {
    for (const off of [-310, 310, -86_400]) expect([off, await signed({ timestamp: String(nowSeconds() + off) })]).toEqual([off, refused('timestamp_out_of_window')]);
    for (const off of [-290, 290]) expect([off, (await signed({ timestamp: String(nowSeconds() + off) })).active]).toEqual([off, true]);
    for (const timestamp of ['', '1e9', '-1', '0x10', `${nowSeconds()}.5`, `0${nowSeconds()}`, ` ${nowSeconds()}`]) {
      expect([timestamp, await signed({ timestamp })]).toEqual([timestamp, refused('malformed')]);
    }
  });

  it('accepts a nonce once, however many send it at once', async () => {
    const request = signRequest(workspaceKey);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask({ signed_request: request })));
    expect(answers.filter(({ active }) => active)).toHaveLength(1);
    expect(new Set(answers.map(({ reason }) => reason))).toEqual(new Set([undefined, 'nonce_replayed']));
    const batch = await app.call<IntrospectionList>('/v1/introspect/batch', { token: gateway, body: { items: Array.from({ length: 20 }, () => ({ signed_request: signRequest(workspaceKey, { nonce: 'the-same-nonce-16' }) })) } });
    expect(batch.body.data.filter(({ active }) => active)).toHaveLength(1);
    for (const nonce of ['', 'short', 'x'.repeat(65), 'sixteen letters ', 'нonce-of-sixteen']) expect([nonce, await signed({ nonce })]).toEqual([nonce, refused('malformed')]);
  });

  it('forgets nonces when the time in their request has passed, and not before', async () => {
    const request = signRequest(workspaceKey, { timestamp: String(nowSeconds() - 295) });
    expect((await ask({ signed_request: request })).active).toBe(true);
    const kept = await databaseOf(app).selectFrom('request_nonces').select('expires_at').where('nonce', '=', request.nonce).executeTakeFirstOrThrow();
    expect(kept.expires_at.getTime()).toBeGreaterThan((Number(request.timestamp) + 300) * 1000);
  });

  it('refuses keys that are revoked or of another kind or workspace', async () => {
    const revoked = await issueKey(app, registry, kindOf('workspace_key'), { workspace: 'acme' });
    expect((await signed({}, revoked)).active).toBe(true);
    await app.call(`/v1/workspace-keys/${revoked.key_id}`, { method: 'DELETE' });
    expect(await signed({}, revoked)).toEqual(refused('revoked'));
    expect(await signed({ public_id: publicKey.public_id! })).toEqual(refused('wrong_kind'));
    expect(await signed({ public_id: 'kt_ws_x' })).toEqual(refused('malformed'));
    expect(await signed({ public_id: `kt_ws_${'0'.repeat(36)}` })).toEqual(refused('checksum_mismatch'));
    expect(await ask({ signed_request: signRequest(workspaceKey), workspace: 'strict' })).toEqual(refused('workspace_mismatch'));
    expect(await ask({ signed_request: signRequest(workspaceKey), scope: 'orders:write' })).toEqual(refused('insufficient_scope'));
    expect(await ask({ signed_request: signRequest(workspaceKey) }, await registry.token('gateway', ['strict']))).toEqual(refused('unknown_key'));
  });

  it('accepts a public key with the token of a user, and names the user', async () => {
    const token = userToken(signingKey);
    expect(await ofUser(token)).toMatchObject({
      active: true, key_id: publicKey.key_id, kind: 'public_key', workspace_id: 'acme', signing_key_id: signingKey.key_id,
      subject: { entity_type: 'subscriber', entity_id: 'user-7', tenant_id: 'default' }, exp: expect.any(Number),
    });
    expect((await ask({ public_key: publicKey.public_id! })).active).toBe(true);
  });

  it('demands the token of a user where the workspace has enhanced security, from the very next call', async () => {
    const bare = () => ask({ public_key: strictKey.public_id! });
    expect(await bare()).toEqual(refused('user_token_required'));
    expect((await ofUser(userToken(strictSigner), {}, strictKey.public_id)).active).toBe(true);
    await app.call('/v1/workspaces/strict', { method: 'PATCH', body: { enhanced_security: false } });
    expect((await bare()).active).toBe(true);
    await app.call('/v1/workspaces/strict', { method: 'PATCH', body: { enhanced_security: true } });
    expect(await bare()).toEqual(refused('user_token_required'));
  });

  it('keeps tenants apart: none named is the default one, on both sides', async () => {
    const of = (tenant_id?: string) => userToken(signingKey, tenant_id === undefined ? {} : { scope: { tenant_id } });
    expect((await ofUser(of('blue'), { tenant: 'blue' })).subject?.tenant_id).toBe('blue');
    expect((await ofUser(of('default'))).active).toBe(true);
    expect((await ofUser(of(), { tenant: 'default' })).active).toBe(true);
    for (const [token, tenant] of [[of('blue'), 'red'], [of('blue'), undefined], [of(), 'blue'], [of('Blue'), 'blue']]) {
      expect([tenant, await ofUser(token!, tenant === undefined ? {} : { tenant })]).toEqual([tenant, refused('tenant_mismatch')]);
    }
  });

  it('follows no algorithm but ES256, whatever the token says', async () => {
    const { kid, public_jwk } = signingKey as IssuedKey & { public_jwk: object };
    const body = encode(claimsOf());
    const spki = createPublicKey({ key: public_jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
    const hmac = (secret: string | Buffer, alg = 'HS256') => {
      const text = `${encode({ alg, kid })}.${body}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    const good = userToken(signingKey).split('.');
    const tokens: [string, RefusalReason][] = [
      [`${encode({ alg: 'none', kid })}.${body}.`, 'user_token_algorithm'], [`${encode({ alg: 'None', kid })}.${body}.`, 'user_token_algorithm'],
      [hmac(spki), 'user_token_algorithm'], [hmac(JSON.stringify(public_jwk)), 'user_token_algorithm'], [hmac(spki, 'RS256'), 'user_token_algorithm'],
      [userToken(signingKey, {}, { alg: 'ES384' }), 'user_token_algorithm'], [userToken(signingKey, {}, { alg: undefined }), 'user_token_algorithm'],
      [userToken(signingKey, {}, { alg: ['ES256'] }), 'user_token_algorithm'],
      // The header says ES256, the signature is something else.
      [`${good[0]}.${good[1]}.`, 'user_token_bad_signature'], [`${good[0]}.${good[1]}.${encode('x'.repeat(64))}`, 'user_token_bad_signature'],
      [`${good[0]}.${good[1]}.${Buffer.alloc(64).toString('base64url')}`, 'user_token_bad_signature'],
      [`${good[0]}.${encode(claimsOf({ entity_id: 'admin' }))}.${good[2]}`, 'user_token_bad_signature'],
    ];
    for (const [token, reason] of tokens) expect([token, await ofUser(token)]).toEqual([token, refused(reason)]);
  });

  it('believes no key that a token brings along', async () => {
    const mine = await issueKey(app, registry, kindOf('signing_key'), { workspace: 'strict' });
    const { public_jwk } = mine as IssuedKey & { public_jwk: object };
    for (const header of [{ jwk: public_jwk }, { jku: `${app.url}/v1/workspaces/strict/jwks.json` }, { x5c: ['x'] }]) {
      expect(await ofUser(userToken(mine, {}, { ...header, kid: signingKey.kid }))).toEqual(refused('user_token_bad_signature'));
    }
    expect(await ofUser(userToken(signingKey, {}, { crit: ['b64'], b64: false }))).toEqual(refused('user_token_malformed'));
  });

  it('refuses signing keys that are unknown, of another workspace, or revoked', async () => {
    for (const kid of [strictSigner.kid, 'nobody', '', undefined, 7, workspaceKey.public_id, 'x'.repeat(300)]) {
      expect([kid, await ofUser(userToken(strictSigner, {}, { kid }))]).toEqual([kid, refused('user_token_unknown_signer')]);
    }
    const [revoked, expired] = [await issueKey(app, registry, kindOf('signing_key'), { workspace: 'acme' }), await issueKey(app, registry, kindOf('signing_key'), { workspace: 'acme' })];
    const token = userToken(revoked);
    expect((await ofUser(token)).active).toBe(true);
    await app.call(`/v1/signing-keys/${revoked.key_id}`, { method: 'DELETE' });
    expect(await ofUser(token)).toEqual(refused('user_token_signer_revoked'));
    await databaseOf(app).updateTable('credentials').set({ expires_at: new Date(0) }).where('key_id', '=', expired.key_id).execute();
    expect(await ofUser(userToken(expired))).toEqual(refused('user_token_signer_expired'));
  });

  it('takes tokens of subscribers that live for an hour at most, and no others', async () => {
    const now = nowSeconds();
    const cases: [object, RefusalReason][] = [
      [{ exp: now - 60 }, 'user_token_expired'], [{ iat: now - 7200, exp: now + 60 }, 'user_token_too_long_lived'], [{ exp: now + 3700 }, 'user_token_too_long_lived'],
      [{ iat: now + 120, exp: now + 240 }, 'user_token_not_yet_valid'], [{ nbf: now + 120 }, 'user_token_not_yet_valid'],
      [{ exp: undefined }, 'user_token_claims'], [{ iat: undefined }, 'user_token_claims'], [{ exp: String(now + 60) }, 'user_token_claims'],
      [{ entity_type: 'admin' }, 'user_token_claims'], [{ entity_type: undefined }, 'user_token_claims'], [{ entity_id: '' }, 'user_token_claims'],
      [{ entity_id: undefined }, 'user_token_claims'], [{ entity_id: { $ne: null } }, 'user_token_claims'], [{ entity_id: 'x'.repeat(257) }, 'user_token_claims'],
      [{ scope: { tenant_id: '' } }, 'user_token_claims'], [{ scope: { tenant_id: null } }, 'user_token_claims'], [{ scope: 'tenant' }, 'user_token_claims'], [{ scope: null }, 'user_token_claims'],
    ];
    for (const [claims, reason] of cases) expect([claims, await ofUser(userToken(signingKey, claims))]).toEqual([claims, refused(reason)]);
    for (const token of ['x', 'a.b', 'a.b.c', '..', 'e30.e30.', `${encode([])}.${encode({})}.x`, 'x'.repeat(8192)]) {
      expect([token, await ofUser(token)]).toEqual([token, expect.objectContaining({ active: false, reason: expect.stringMatching(/^user_token_(malformed|algorithm)$/) })]);
    }
  });

  it('judges the key before the user', async () => {
    const key = await issueKey(app, registry, kindOf('public_key'), { workspace: 'acme' });
    const asked = () => ofUser(userToken(signingKey), {}, key.public_id);
    expect((await asked()).active).toBe(true);
    await app.call(`/v1/public-keys/${key.key_id}`, { method: 'DELETE' });
    expect(await asked()).toEqual(refused('revoked'));
    expect(await ofUser(userToken(signingKey), {}, workspaceKey.public_id)).toEqual(refused('wrong_kind'));
  });

  it('judges a thousand at once, each by itself', async () => {
    const bearer = await registry.key({ workspace: 'acme' });
    const items = Array.from({ length: 1000 }, (_, index) => [
      { token: bearer.secret }, { token: `kt_api_${'0'.repeat(36)}` }, { signed_request: signRequest(workspaceKey) },
      { public_key: publicKey.public_id, user_token: userToken(signingKey) }, index === 4 ? { token: 'x'.repeat(5000) } : { token: 7 },
    ][index % 5]);
    const { status, body } = await app.call<IntrospectionList>('/v1/introspect/batch', { body: { items }, token: gateway });
    expect(status).toBe(200);
    expect(body.data.map(({ active, reason }) => (active ? 'active' : reason))).toEqual(items.map((_, index) => ['active', 'checksum_mismatch', 'active', 'active', 'malformed'][index % 5]));
    for (const bad of [{ items: [] }, { items: Array(1001).fill({ token: 'x' }) }, {}, { items: 'x' }]) {
      expect((await app.call('/v1/introspect/batch', { body: bad, token: gateway })).status).toBe(400);
    }
  });

  it('takes one way of presenting at a time', async () => {
    for (const body of [
      {}, { token: 'x', public_key: 'y' }, { signed_request: signRequest(workspaceKey), token: 'x' }, { user_token: 'x' }, { token: 'x', user_token: 'y' }, { token: 'x', tenant: 'y' },
      { signed_request: {} }, { signed_request: { ...signRequest(workspaceKey), more: 1 } },
    ]) expect([body, (await app.call('/v1/introspect', { body, token: gateway })).status]).toEqual([body, 400]);
  });
});
