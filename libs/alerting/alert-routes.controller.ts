import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AlertRoute, AlertRoutePage, AlertRouteQuery, CreateAlertRoute, UpdateAlertRoute } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { AlertRoutes } from './alert-routes.service.js';

@ApiTags('alerts')
@Controller('v1/alert-routes')
export class AlertRoutesController {
  constructor(private readonly routes: AlertRoutes) {}

  @Get()
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'Which incidents channels are told of, newest first' })
  @ApiQueryOf(AlertRouteQuery)
  @ApiResponse({ status: 200, standardSchema: AlertRoutePage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: AlertRouteQuery }) query: AlertRouteQuery): Promise<AlertRoutePage> {
    return this.routes.list(caller.scope, query);
  }

  @Post()
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Tell a channel of incidents: by severity, workspace, owner and rule; quiet hours, grouping, telling again' })
  @ApiResponse({ status: 201, standardSchema: AlertRoute })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateAlertRoute }) body: CreateAlertRoute): Promise<AlertRoute> {
    return this.routes.create(caller, body);
  }

  @Get(':route_id')
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'One route' })
  @ApiResponse({ status: 200, standardSchema: AlertRoute })
  get(@CurrentCaller() caller: Caller, @Param('route_id') id: string): Promise<AlertRoute> {
    return this.routes.get(caller.scope, id);
  }

  @Patch(':route_id')
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Change a route' })
  @ApiResponse({ status: 200, standardSchema: AlertRoute })
  update(@CurrentCaller() caller: Caller, @Param('route_id') id: string, @Body({ schema: UpdateAlertRoute }) body: UpdateAlertRoute): Promise<AlertRoute> {
    return this.routes.update(caller, id, body);
  }

  @Delete(':route_id')
  @HttpCode(204)
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Delete a route' })
  @ApiResponse({ status: 204 })
  remove(@CurrentCaller() caller: Caller, @Param('route_id') id: string): Promise<void> {
    return this.routes.remove(caller, id);
  }
}
