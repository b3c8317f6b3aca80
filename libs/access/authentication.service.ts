import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { AppError, Clock, Metrics, WorkspaceScope, type Caller } from '@keytrail/platform';
import { AccessTokenStore } from './access-token.store.js';
import { AccessSettings } from './access.settings.js';
import { JwtVerifier, looksLikeJwt } from './jwt-verifier.js';
import { isFromOwnPage, sessionSecretOf } from './session-cookie.js';
import { SessionStore } from './session.store.js';

/** Tells who makes a request. A valid credential always passes; failures are counted for each address, and refused with a wait beyond its limit. */
@Injectable()
export class Authentication {
  private readonly logger = new Logger('access');
  private readonly jwt: JwtVerifier | undefined;
  private readonly failures: RateLimiterMemory;

  constructor(
    private readonly tokens: AccessTokenStore, private readonly clock: Clock, private readonly metrics: Metrics,
    private readonly sessions: SessionStore, settings: AccessSettings,
  ) {
    this.jwt = settings.jwt && new JwtVerifier(settings.jwt);
    this.failures = new RateLimiterMemory({ points: settings.failuresPerMinute, duration: 60 });
  }

  /**
   * By the token it sends, or else by the cookie of a session. Throws 401 `unauthenticated`, 403 `foreign_page` for a cookie that a page of somebody else made a
   * browser send, 429 `too_many_failures` with the seconds to wait, or 503 `key_set_unavailable` when nobody can tell
   * whether a JWT is good.
   */
  async authenticate(request: FastifyRequest): Promise<Caller> {
    const verdict = await this.identify(request);
    if ('accepted' in verdict) return verdict.accepted;
    await this.countFailure(request.ip);
    if (verdict.refused !== undefined) this.logger.warn(`a JWT from ${request.ip} was refused: ${verdict.refused}`);
    throw new AppError({ code: 'unauthenticated', status: 401, message: 'Send a valid token: `Authorization: Bearer …`.' });
  }

  /**
   * Counts a refusal against an address, for routes that tell their callers by other means as well; 429 `too_many_failures` beyond its limit.
   * Many clients may share an address, behind a proxy for one: call it after the credential was found bad, so that a good one always passes.
   */
  async countFailure(address: string): Promise<void> {
    this.metrics.authFailures.inc();
    const left = await this.failures.consume(address).catch((over: RateLimiterRes) => over);
    if (left.consumedPoints > this.failures.points) throw tooManyFailures(left);
  }

  private async identify(request: FastifyRequest): Promise<{ accepted: Caller } | { refused?: string }> {
    const from = { address: request.ip, request_id: String(request.id) };
    if (request.headers.authorization === undefined) return this.identifyBySession(request, from);
    const bearer = /^bearer ([\x21-\x7e]{1,8192})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined) return {};
    if (this.jwt !== undefined && looksLikeJwt(bearer)) {
      const verdict = await this.jwt.verify(bearer, this.clock.date());
      if ('accepted' in verdict) {
        const { subject, role, scope } = verdict.accepted;
        return { accepted: { ...from, actor: subject, name: subject, role, scope } };
      }
      if ('undecided' in verdict) {
        throw new AppError({
          code: 'key_set_unavailable', status: 503, message: 'The keys of the token issuer cannot be had at the moment.', retryAfter: 5,
          internal: `a JWT could not be checked: ${verdict.undecided}`,
        });
      }
      return verdict;
    }
    const found = await this.tokens.find(bearer);
    if (found === undefined) return {};
    const { token, marks } = found;
    return { accepted: { ...from, actor: `token:${token.token_id}`, name: token.name, role: token.role, scope: WorkspaceScope.of(token.workspaces), marks } };
  }

  private async identifyBySession({ method, headers, protocol }: FastifyRequest, from: { address: string; request_id: string }): Promise<{ accepted: Caller } | { refused?: string }> {
    const asked = { method, headers, secure: protocol === 'https' };
    const secret = sessionSecretOf(asked);
    if (secret === undefined) return {};
    if (!isFromOwnPage(asked)) {
      throw new AppError({ code: 'foreign_page', status: 403, message: 'A session answers to pages of this server only. Programs send a token: `Authorization: Bearer …`.' });
    }
    const found = await this.sessions.find(secret);
    return found === undefined ? {} : { accepted: { ...from, ...found } };
  }
}

const tooManyFailures = ({ msBeforeNext }: RateLimiterRes) => new AppError({
  code: 'too_many_failures', status: 429, message: 'Too many calls with bad credentials came from this address.',
  retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)),
});
