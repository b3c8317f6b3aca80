import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenSessionList, Problem, Session, rolePermissions } from '@keytrail/contracts';
import { AnyCallerRoute, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { sessionCookie } from './session-cookie.js';
import { SessionStore } from './session.store.js';

@ApiTags('access')
@Controller('v1/session')
@AnyCallerRoute()
export class SessionController {
  constructor(private readonly sessions: SessionStore) {}

  @Post()
  @ApiOperation({ summary: 'Open a session for a browser: the answer sets a cookie that stands for the access token of this call, for 12 hours at most' })
  @ApiResponse({ status: 201, standardSchema: Session })
  @ApiResponse({ status: 403, description: 'Not an access token, or one of a machine', standardSchema: Problem })
  async open(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Session> {
    const { secret, session_id, expires_at, seconds } = await this.sessions.open(caller, request.headers['user-agent'] ?? '');
    void reply.header('set-cookie', sessionCookie(secret, seconds, request.protocol === 'https'));
    return present({ ...caller, session: { session_id, expires_at } });
  }

  @Get()
  @ApiOperation({ summary: 'Who calls, and what they may do' })
  @ApiResponse({ status: 200, standardSchema: Session })
  get(@CurrentCaller() caller: Caller): Session {
    return present(caller);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'End the session of this call and take its cookie away' })
  @ApiResponse({ status: 204, description: 'Ended' })
  async end(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    if (caller.session !== undefined) await this.sessions.end(caller, caller.session.session_id);
    void reply.header('set-cookie', sessionCookie('', 0, request.protocol === 'https'));
  }
}

@ApiTags('access')
@Controller('v1/sessions')
@RequirePermission('access:manage')
export class SessionsController {
  constructor(private readonly sessions: SessionStore) {}

  @Get()
  @ApiOperation({ summary: 'Open sessions of tokens that reach no further than the caller' })
  @ApiResponse({ status: 200, standardSchema: OpenSessionList })
  async list(@CurrentCaller() caller: Caller): Promise<OpenSessionList> {
    return { data: await this.sessions.list(caller) };
  }

  @Delete(':session_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End a session; the next call with it is refused' })
  @ApiResponse({ status: 204, description: 'Ended, now or before' })
  async end(@CurrentCaller() caller: Caller, @Param('session_id') sessionId: string): Promise<void> {
    await this.sessions.end(caller, sessionId);
  }
}

const present = ({ name, role, scope, session }: Caller): Session => ({
  name, role, permissions: [...rolePermissions[role]], workspaces: scope.ids === null ? null : [...scope.ids], session_id: session?.session_id ?? null,
  expires_at: session?.expires_at.toISOString() ?? null,
});
