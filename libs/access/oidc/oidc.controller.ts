import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, SignInMethods, SignInQuery, type SignInProblem } from '@keytrail/contracts';
import { ApiQueryOf, Clock, PublicRoute, Secrets } from '@keytrail/platform';
import { Authentication } from '../authentication.service.js';
import { cookieOf, sessionCookie, signInCookie } from '../session-cookie.js';
import { SessionStore } from '../session.store.js';
import { IdentityProvider } from './identity-provider.service.js';
import { openAttempt, ownPath, sealAttempt, ATTEMPT_SECONDS } from './sign-in-attempt.js';

@ApiTags('access')
@Controller('v1/session')
@PublicRoute()
export class OidcController {
  constructor(
    private readonly provider: IdentityProvider, private readonly sessions: SessionStore, private readonly authentication: Authentication, private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  @Get('methods')
  @ApiOperation({ summary: 'How people may sign in' })
  @ApiResponse({ status: 200, standardSchema: SignInMethods })
  methods(): SignInMethods {
    return { access_token: true, oidc: this.provider.publicUrl === undefined ? null : '/v1/session/oidc' };
  }

  @Get('oidc')
  @ApiOperation({ summary: 'Send a browser to the identity provider to sign in' })
  @ApiQueryOf(SignInQuery)
  @ApiResponse({ status: 302, description: 'To the provider' })
  @ApiResponse({ status: 404, description: 'No identity provider is set up', standardSchema: Problem })
  @ApiResponse({ status: 503, description: 'The identity provider does not answer', standardSchema: Problem })
  async begin(@Query({ schema: SignInQuery }) query: SignInQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { url, attempt } = await this.provider.begin(ownPath(query.return_to, this.provider.publicUrl ?? request.url));
    const sealed = await sealAttempt(attempt, this.secrets.keyFor('sign-in-attempt'), this.clock.date());
    await reply.header('set-cookie', signInCookie(sealed, ATTEMPT_SECONDS, isSecure(request))).header('cache-control', 'no-store').redirect(url, 302);
  }

  @Get('oidc/callback')
  @ApiOperation({ summary: 'Where the identity provider sends a browser back to: opens a session and leads to the dashboard, with `sign_in` in the address when nobody is signed in' })
  @ApiResponse({ status: 303, description: 'To the dashboard' })
  @ApiResponse({ status: 503, description: 'The identity provider does not answer', standardSchema: Problem })
  async complete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const sealed = cookieOf('sign_in', { headers: request.headers, secure: isSecure(request) });
    const attempt = sealed === undefined ? undefined : await openAttempt(sealed, this.secrets.keyFor('sign-in-attempt'), this.clock.date());
    void reply.header('cache-control', 'no-store');
    // Answered by the browser that asked, once: whoever brings a code without having asked is turned away.
    if (attempt === undefined) return this.turnAway(request, reply, 'sign_in_expired');
    const person = await this.provider.complete(queryOf(request), attempt);
    if ('refused' in person) return this.turnAway(request, reply, person.refused);
    const { secret, seconds } = await this.sessions.openFor(person, { address: request.ip, request_id: String(request.id) }, request.headers['user-agent'] ?? '');
    const secure = isSecure(request);
    await reply.header('set-cookie', [sessionCookie(secret, seconds, secure), signInCookie('', 0, secure)]).redirect(`${this.provider.publicUrl}${attempt.returnTo}`, 303);
  }

  private async turnAway(request: FastifyRequest, reply: FastifyReply, why: SignInProblem): Promise<void> {
    await this.authentication.countFailure(request.ip);
    await reply.header('set-cookie', signInCookie('', 0, isSecure(request))).redirect(`${this.provider.publicUrl ?? ''}/?sign_in=${why}`, 303);
  }
}

const isSecure = ({ protocol }: FastifyRequest) => protocol === 'https';
const queryOf = ({ url }: FastifyRequest) => (url.includes('?') ? url.slice(url.indexOf('?')) : '');
