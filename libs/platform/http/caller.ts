import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Role } from '@keytrail/contracts';
import type { WorkspaceScope } from '../workspace-scope.js';

/** Who acts, from where, in which request: what the audit trail notes. */
export interface Actor {
  /** Stable and readable, such as `token:tok_…` or `jwt:<issuer>|<subject>`; `keytrail` for the system itself. */
  actor: string;
  address: string;
  request_id: string;
}

/**
 * How far the registry had changed at some moment: what is held in memory and current up to here is current for whoever asked for this.
 * Numbers of the last change of a key and of an access token; `forgotten`: that of the last key change that nobody can be told any more.
 */
export interface Marks {
  keys: number;
  forgotten: number;
  access_tokens: number;
  /** How often the database was seen to be put back to an earlier state. */
  restores: number;
}

/** An authenticated caller. */
export interface Caller extends Actor {
  name: string;
  role: Role;
  scope: WorkspaceScope;
  /** The session, when a person's browser calls with its cookie. */
  session?: { session_id: string; expires_at: Date };
  /** Read since the call came in. Absent when nothing had to be read to know the caller. */
  marks?: Marks;
}

const callers = new WeakMap<object, Caller>();

/** Notes who makes a request; called once, by the guard. */
export const setCaller = (request: object, caller: Caller): void => {
  callers.set(request, caller);
};

/** The caller of the request. Only routes with a permission have one. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (caller === undefined) throw new Error('a route without a permission asked for its caller');
  return caller;
});

/** The system acting on its own. */
export const systemActor: Actor = { actor: 'keytrail', address: '', request_id: '' };
