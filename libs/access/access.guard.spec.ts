import { describe, expect, it, jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from '@keytrail/contracts';
import { AppError, PublicRoute, RequirePermission, WorkspaceScope, type Caller } from '@keytrail/platform';
import { AccessGuard } from './access.guard.js';
import type { Authentication } from './authentication.service.js';

@RequirePermission('access:manage')
class Guarded {
  inherited() { return undefined; }

  @RequirePermission('incidents:read')
  narrowed() { return undefined; }

  @PublicRoute()
  opened() { return undefined; }
}

class Bare {
  forgotten() { return undefined; }
}

function guardFor(role: Role | undefined) {
  const caller = { actor: 'token:t', name: 't', address: '::1', request_id: 'r', role, scope: WorkspaceScope.all } as Caller;
  const authenticate = jest.fn(async () => {
    if (role === undefined) throw new AppError({ code: 'unauthenticated', status: 401, message: 'no' });
    return caller;
  });
  const guard = new AccessGuard(new Reflector(), { authenticate } as unknown as Authentication);
  const pass = (type: { prototype: object }, method: string) => guard.canActivate({
    getHandler: () => (type.prototype as Record<string, unknown>)[method], getClass: () => type, switchToHttp: () => ({ getRequest: () => ({}) }),
  } as unknown as ExecutionContext);
  return { pass, authenticate };
}
const refused = (status: number) => expect.objectContaining({ status });

describe('AccessGuard', () => {
  it('refuses a route that declares nothing, even to an administrator', async () => {
    await expect(guardFor('admin').pass(Bare, 'forgotten')).rejects.toEqual(refused(403));
    await expect(guardFor(undefined).pass(Bare, 'forgotten')).rejects.toEqual(refused(401));
  });

  it('takes the permission of the class for a route without its own, and that of the route before it', async () => {
    await expect(guardFor('viewer').pass(Guarded, 'inherited')).rejects.toEqual(refused(403));
    await expect(guardFor('admin').pass(Guarded, 'inherited')).resolves.toBe(true);
    await expect(guardFor('viewer').pass(Guarded, 'narrowed')).resolves.toBe(true);
    await expect(guardFor('ingest').pass(Guarded, 'narrowed')).rejects.toEqual(refused(403));
  });

  it('asks nobody who they are on a public route', async () => {
    const { pass, authenticate } = guardFor(undefined);
    await expect(pass(Guarded, 'opened')).resolves.toBe(true);
    expect(authenticate).not.toHaveBeenCalled();
  });

  it('refuses a role that it does not know', async () => {
    await expect(guardFor('owner' as Role).pass(Guarded, 'narrowed')).rejects.toThrow();
  });
});
