import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { AppError, Clock, Metrics, WorkspaceScope, type Caller } from '@keytrail/platform';
import { AccessTokenStore } from './access-token.store.js';
import { AccessSettings } from './access.settings.js';
import { JwtVerifier, looksLikeJwt } from './jwt-verifier.js';

/** Tells who makes a request. An address that fails too often is refused before its credentials are looked at. */
@Injectable()
export class Authentication {
  private readonly logger = new Logger('access');
  private readonly jwt: JwtVerifier | undefined;
  private readonly failures: RateLimiterMemory;

  constructor(
    private readonly tokens: AccessTokenStore, private readonly clock: Clock, private readonly metrics: Metrics, settings: AccessSettings,
  ) {
    this.jwt = settings.jwt && new JwtVerifier(settings.jwt);
    this.failures = new RateLimiterMemory({ points: settings.failuresPerMinute, duration: 60 });
  }

  /** Throws 401 `unauthenticated`, or 429 `too_many_failures` with the seconds to wait. */
  async authenticate(request: FastifyRequest): Promise<Caller> {
    const past = await this.failures.get(request.ip);
    if (past !== null && past.remainingPoints <= 0) {
      throw new AppError({
        code: 'too_many_failures', status: 429, message: 'Too many calls with bad credentials came from this address.',
        retryAfter: Math.max(1, Math.ceil(past.msBeforeNext / 1000)),
      });
    }
    const caller = await this.identify(request);
    if (caller !== undefined) return caller;
    await this.failures.consume(request.ip).catch(() => undefined);
    this.metrics.authFailures.inc();
    throw new AppError({ code: 'unauthenticated', status: 401, message: 'Send a valid token: `Authorization: Bearer …`.' });
  }

  private async identify(request: FastifyRequest): Promise<Caller | undefined> {
    const bearer = /^bearer ([\x21-\x7e]{1,8192})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined) return undefined;
    const from = { address: request.ip, request_id: String(request.id) };
    if (this.jwt !== undefined && looksLikeJwt(bearer)) {
      const verdict = await this.jwt.verify(bearer, this.clock.date());
      if ('accepted' in verdict) {
        const { subject, role, scope } = verdict.accepted;
        return { ...from, actor: subject, name: subject, role, scope };
      }
      this.logger.warn(`a JWT from ${request.ip} was refused: ${verdict.refused}`);
      return undefined;
    }
    const token = await this.tokens.find(bearer);
    return token && { ...from, actor: `token:${token.token_id}`, name: token.name, role: token.role, scope: WorkspaceScope.of(token.workspaces) };
  }
}
