import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { Role, identifier, text } from '@keytrail/contracts';
import { WorkspaceScope } from '@keytrail/platform';

export interface JwtSettings {
  issuer: string;
  audience: string;
  /** Where the issuer's keys are: a URL (RFC 7517 key set), fetched when needed and cached; or a file. */
  jwks: { url: string } | { file: string };
}

/** `keytrail_workspaces` is said outright, `["*"]` for all: a token that forgets it reaches nothing. */
const Claims = z.object({
  sub: text(256),
  keytrail_role: Role,
  keytrail_workspaces: z.array(identifier(64)).max(200),
});

export interface JwtCaller {
  subject: string;
  role: Role;
  scope: WorkspaceScope;
}

/** `undecided`: the issuer's keys cannot be had at the moment; that says nothing about the token. */
export type JwtVerdict = { accepted: JwtCaller } | { refused: string } | { undecided: string };

/** No answer in time, one that is not 200 or no JSON, or one that is no key set. */
const KEY_SET_FAILURES: ReadonlySet<string> = new Set([errors.JWKSTimeout.code, errors.JOSEError.code, errors.JWKSInvalid.code]);

/** Checks JSON Web Tokens (RFC 7519) of one issuer. Only ES256 and RS256 signatures count; `exp` is required. */
export class JwtVerifier {
  private readonly key: JWTVerifyGetKey;

  constructor(private readonly settings: JwtSettings) {
    this.key = 'url' in settings.jwks
      ? createRemoteJWKSet(new URL(settings.jwks.url), { timeoutDuration: 5_000, cooldownDuration: 30_000 })
      : createLocalJWKSet(JSON.parse(readFileSync(settings.jwks.file, 'utf8')) as JSONWebKeySet);
  }

  /** The caller, or why there is none (for the log; it quotes no part of the token). */
  async verify(token: string, now: Date): Promise<JwtVerdict> {
    try {
      const { payload } = await jwtVerify(token, this.key, {
        issuer: this.settings.issuer, audience: this.settings.audience, algorithms: ['ES256', 'RS256'], requiredClaims: ['exp', 'sub'],
        clockTolerance: 30, currentDate: now,
      });
      const claims = Claims.safeParse(payload);
      if (!claims.success) return { refused: `claims: ${claims.error.issues.map((issue) => issue.path.join('.')).join(', ')}` };
      const { sub, keytrail_role, keytrail_workspaces } = claims.data;
      const scope = keytrail_workspaces.includes('*') ? WorkspaceScope.all : WorkspaceScope.of(keytrail_workspaces);
      return { accepted: { subject: `jwt:${sub}`, role: keytrail_role, scope } };
    } catch (error) {
      if (error instanceof errors.JOSEError && !KEY_SET_FAILURES.has(error.code)) return { refused: error.code };
      return { undecided: error instanceof errors.JOSEError ? error.code : 'the key set could not be fetched' };
    }
  }
}

/** Whether a bearer value is a compact JWS and not one of our own tokens. */
export const looksLikeJwt = (bearer: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(bearer);
