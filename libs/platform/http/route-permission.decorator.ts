import { SetMetadata, applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { Problem, type Permission } from '@keytrail/contracts';

export const ROUTE_PERMISSION = 'keytrail:permission';

/** Metadata of a route that anyone may call. */
export const PUBLIC_ROUTE = 'public';

/** Metadata of a route for whoever proves who they are, whatever their role. */
export const ANY_CALLER_ROUTE = 'any caller';
export type RoutePermission = Permission | typeof PUBLIC_ROUTE | typeof ANY_CALLER_ROUTE;

/** The route needs a caller whose role holds `permission`. */
export const RequirePermission = (permission: Permission) =>
  applyDecorators(
    SetMetadata(ROUTE_PERMISSION, permission),
    ApiBearerAuth(),
    ApiExtension('x-permission', permission),
    ApiResponse({ status: 401, description: 'No valid credentials', standardSchema: Problem }),
    ApiResponse({ status: 403, description: `Needs the permission ${permission}`, standardSchema: Problem }),
  );

/** Anyone may call the route. Said on purpose: a route that declares nothing is refused. */
export const PublicRoute = () => applyDecorators(SetMetadata(ROUTE_PERMISSION, PUBLIC_ROUTE), ApiSecurity({}));

/** Every caller may call the route, whatever its role: it is about the caller alone. */
export const AnyCallerRoute = () =>
  applyDecorators(
    SetMetadata(ROUTE_PERMISSION, ANY_CALLER_ROUTE),
    ApiBearerAuth(),
    ApiResponse({ status: 401, description: 'No valid credentials', standardSchema: Problem }),
  );
