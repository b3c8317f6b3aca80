import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AlertDelivery, AlertDeliveryPage, AlertDeliveryQuery, AlertDeliveryWithEvent, Problem, RedeliverAlert } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { AlertDeliveries } from './alert-deliveries.service.js';

@ApiTags('alerts')
@Controller('v1/alert-deliveries')
export class AlertDeliveriesController {
  constructor(private readonly deliveries: AlertDeliveries) {}

  @Get()
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'What was sent, is to be sent, was given up or was silenced, newest first' })
  @ApiQueryOf(AlertDeliveryQuery)
  @ApiResponse({ status: 200, standardSchema: AlertDeliveryPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: AlertDeliveryQuery }) query: AlertDeliveryQuery): Promise<AlertDeliveryPage> {
    return this.deliveries.list(caller.scope, query);
  }

  @Get(':delivery_id')
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'One delivery with what it says' })
  @ApiResponse({ status: 200, standardSchema: AlertDeliveryWithEvent })
  get(@CurrentCaller() caller: Caller, @Param('delivery_id') id: string): Promise<AlertDeliveryWithEvent> {
    return this.deliveries.get(caller.scope, id);
  }

  @Post(':delivery_id/redeliver')
  @HttpCode(200)
  @RequirePermission('alerts:silence')
  @ApiOperation({ summary: 'Send it again, under the id it had' })
  @ApiResponse({ status: 200, standardSchema: AlertDelivery })
  @ApiResponse({ status: 409, description: 'It is being sent just now, or its channel is switched off', standardSchema: Problem })
  redeliver(@CurrentCaller() caller: Caller, @Param('delivery_id') id: string, @Body({ schema: RedeliverAlert }) body: RedeliverAlert): Promise<AlertDelivery> {
    return this.deliveries.redeliver(caller, id, body);
  }
}
