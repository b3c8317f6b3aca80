import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { rolePermissions } from '@keytrail/contracts';
import { ANY_CALLER_ROUTE, AppError, PUBLIC_ROUTE, ROUTE_PERMISSION, setCaller, type RoutePermission } from '@keytrail/platform';
import { Authentication } from './authentication.service.js';

/** Lets a call through when its route is public or its caller's role holds the permission the route declares. Undeclared = refused. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector, private readonly authentication: Authentication) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const permission = this.reflector.getAllAndOverride<RoutePermission | undefined>(ROUTE_PERMISSION, [context.getHandler(), context.getClass()]);
    if (permission === PUBLIC_ROUTE) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.authentication.authenticate(request);
    if (permission !== ANY_CALLER_ROUTE && (permission === undefined || !rolePermissions[caller.role].includes(permission))) {
      throw new AppError({ code: 'forbidden', status: 403, message: `The role ${caller.role} may not do this.` });
    }
    setCaller(request, caller);
    return true;
  }
}
