import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair, importPKCS8, exportPKCS8, type CryptoKey, type JWTPayload } from 'jose';
import { JwtVerifier, looksLikeJwt } from './jwt-verifier.js';

const now = new Date('2026-03-01T12:00:00Z');
const seconds = (offset: number) => Math.floor(now.getTime() / 1000) + offset;
const claims = (overrides: JWTPayload = {}): JWTPayload => ({
  iss: 'https://id.example', aud: 'keytrail', sub: 'ada', exp: seconds(300), keytrail_role: 'responder', keytrail_workspaces: ['acme'], ...overrides,
});

describe('JwtVerifier', () => {
  let directory: string;
  let server: Server;
  let jwks = '';
  let status = 200;
  let keys: Record<'ES256' | 'RS256', { privateKey: CryptoKey; publicKey: CryptoKey }>;
  let verifiers: Record<'file' | 'url', JwtVerifier>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'keytrail-jwks-'));
    keys = {
      ES256: await generateKeyPair('ES256', { extractable: true }), RS256: await generateKeyPair('RS256', { extractable: true }),
    };
    jwks = JSON.stringify({ keys: await Promise.all((['ES256', 'RS256'] as const).map(async (alg) => ({ ...await exportJWK(keys[alg].publicKey), kid: alg, alg }))) });
    writeFileSync(join(directory, 'jwks.json'), jwks);
    server = createServer((_, response) => response.writeHead(status).end(jwks));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const settings = { issuer: 'https://id.example', audience: 'keytrail' };
    verifiers = {
      file: new JwtVerifier({ ...settings, jwks: { file: join(directory, 'jwks.json') } }),
      url: new JwtVerifier({ ...settings, jwks: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` } }),
    };
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await new Promise((resolve) => server.close(resolve));
  });

  const signed = (payload: JWTPayload, header: { alg?: 'ES256' | 'RS256'; kid?: string } = {}) => {
    const alg = header.alg ?? 'ES256';
    return new SignJWT(payload).setProtectedHeader({ alg, kid: header.kid ?? alg }).sign(keys[alg].privateKey);
  };
  const verify = async (token: Promise<string> | string) => verifiers.file.verify(await token, now);

  it.each(['file', 'url'] as const)('accepts ES256 and RS256 with the keys of a %s', async (source) => {
    for (const alg of ['ES256', 'RS256'] as const) {
      const verdict = await verifiers[source].verify(await signed(claims(), { alg }), now);
      expect(verdict).toMatchObject({ accepted: { subject: 'jwt:ada', role: 'responder' } });
    }
  });

  it('gives the workspaces that the token names and no more; * stands for all', async () => {
    const scopeOf = async (workspaces: string[]) => {
      const verdict = await verify(signed(claims({ keytrail_workspaces: workspaces })));
      return 'accepted' in verdict ? verdict.accepted.scope.ids : verdict;
    };
    expect(await scopeOf(['acme', 'beta'])).toEqual(['acme', 'beta']);
    expect(await scopeOf([])).toEqual([]);
    expect(await scopeOf(['*'])).toBeNull();
    expect(await scopeOf(['acme*'])).toEqual(['acme*']);
  });

  it.each<[string, JWTPayload, string]>([
    ['another issuer', { iss: 'https://evil.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no issuer', { iss: undefined } as never, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another audience', { aud: 'billing' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no audience', { aud: undefined } as never, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['an end that has passed', { exp: seconds(-31) }, 'ERR_JWT_EXPIRED'],
    ['no end', { exp: undefined } as never, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['a beginning that is to come', { nbf: seconds(60) }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no subject', { sub: undefined } as never, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['a subject with a control character', { sub: 'ada\u0000' }, 'claims: sub'],
    ['no role', { keytrail_role: undefined }, 'claims: keytrail_role'],
    ['a role that is none', { keytrail_role: 'root' }, 'claims: keytrail_role'],
    ['several roles', { keytrail_role: ['viewer', 'admin'] }, 'claims: keytrail_role'],
    ['no workspaces', { keytrail_workspaces: undefined }, 'claims: keytrail_workspaces'],
    ['workspaces that are null', { keytrail_workspaces: null }, 'claims: keytrail_workspaces'],
    ['workspaces that are a string', { keytrail_workspaces: '*' }, 'claims: keytrail_workspaces'],
    ['a workspace with NUL', { keytrail_workspaces: ['a\u0000'] }, 'claims: keytrail_workspaces.0'],
  ])('refuses %s', async (_, overrides, refused) => {
    expect(await verify(signed(claims(overrides)))).toEqual({ refused });
  });

  it('refuses a token without a signature', async () => {
    expect(await verify(new UnsecuredJWT(claims()).encode())).toEqual({ refused: expect.any(String) });
    const [header, payload] = (await signed(claims())).split('.');
    expect(await verify(`${header}.${payload}.`)).toEqual({ refused: expect.any(String) });
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'ES256' })).toString('base64url');
    expect(await verify(`${none}.${payload}.AAAA`)).toEqual({ refused: expect.any(String) });
  });

  it('refuses HS256 signed with the public key, in every shape the key has', async () => {
    const spki = await exportSPKI(keys.RS256.publicKey);
    for (const secret of [spki, spki.trim(), jwks, JSON.stringify(JSON.parse(jwks).keys[1])]) {
      for (const kid of ['RS256', 'ES256']) {
        const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid }).sign(new TextEncoder().encode(secret));
        expect(await verify(token)).toEqual({ refused: 'ERR_JOSE_ALG_NOT_ALLOWED' });
      }
    }
  });

  it('refuses other algorithms, though the key would fit', async () => {
    const pem = await exportPKCS8(keys.RS256.privateKey);
    for (const alg of ['PS256', 'RS512', 'RS384']) {
      const token = await new SignJWT(claims()).setProtectedHeader({ alg, kid: 'RS256' }).sign(await importPKCS8(pem, alg));
      expect(await verify(token)).toEqual({ refused: 'ERR_JOSE_ALG_NOT_ALLOWED' });
    }
  });

  it('refuses a signature of somebody else, under a known and under an unknown key id', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const forge = async (header: object) => new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey);
    expect(await verify(forge({ kid: 'ES256' }))).toEqual({ refused: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
    expect(await verify(forge({ kid: 'mine' }))).toEqual({ refused: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(await verifiers.url.verify(await forge({ kid: 'mine' }), now)).toEqual({ refused: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(await verify(forge({ kid: 'ES256', jwk: await exportJWK(publicKey) }))).toEqual({ refused: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
    expect(await verify(forge({ kid: 'ES256', jku: 'http://127.0.0.1:1/' }))).toEqual({ refused: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  });

  it('refuses a token cut or changed at any place, and never calls that undecided', async () => {
    const token = await signed(claims());
    for (let at = 0; at < token.length; at += 3) {
      if (at === token.length - 1) continue; // the last character holds spare bits
      for (const changed of [token.slice(0, at), token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)]) {
        expect(await verify(changed)).toEqual({ refused: expect.any(String) });
      }
    }
  });

  it('is undecided, not refusing, while the key set cannot be had', async () => {
    const settings = { issuer: 'https://id.example', audience: 'keytrail' };
    const { port } = server.address() as AddressInfo;
    const fresh = () => new JwtVerifier({ ...settings, jwks: { url: `http://127.0.0.1:${port}/jwks` } });
    const token = await signed(claims());
    status = 500;
    expect(await fresh().verify(token, now)).toEqual({ undecided: expect.any(String) });
    status = 200;
    const kept = jwks;
    for (const broken of ['<html>', '{}', '{"keys":[{"kid":1}]}x']) {
      jwks = broken;
      expect(await fresh().verify(token, now)).toEqual({ undecided: expect.any(String) });
    }
    jwks = kept;
    expect(await fresh().verify(token, now)).toMatchObject({ accepted: {} });
    expect(await new JwtVerifier({ ...settings, jwks: { url: 'http://127.0.0.1:1/' } }).verify(token, now)).toEqual({ undecided: expect.any(String) });
  });
});

describe('looksLikeJwt', () => {
  it('tells a JWT from a token of our own', () => {
    expect(looksLikeJwt('eyJh.eyJz.c2ln')).toBe(true);
    expect(looksLikeJwt('kt_access_0123')).toBe(false);
  });
});
