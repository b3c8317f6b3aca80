import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  AlertChannel, AlertChannelPage, AlertChannelQuery, AlertDelivery, CreateAlertChannel, CreatedAlertChannel, Problem, RotateSigningSecret, SendTestAlert, UpdateAlertChannel,
} from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { AlertChannels } from './alert-channels.service.js';
import { AlertDeliveries } from './alert-deliveries.service.js';

@ApiTags('alerts')
@Controller('v1/alert-channels')
export class AlertChannelsController {
  constructor(private readonly channels: AlertChannels, private readonly deliveries: AlertDeliveries) {}

  @Get()
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'Ways to tell people of incidents, and how well each works, newest first' })
  @ApiQueryOf(AlertChannelQuery)
  @ApiResponse({ status: 200, standardSchema: AlertChannelPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: AlertChannelQuery }) query: AlertChannelQuery): Promise<AlertChannelPage> {
    return this.channels.list(caller, query);
  }

  @Post()
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Make a channel. It is told of nothing until a route leads to it', description: 'A secret that was made for a webhook is in the answer, this once; no other secret is ever answered.' })
  @ApiResponse({ status: 201, standardSchema: CreatedAlertChannel })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateAlertChannel }) body: CreateAlertChannel): Promise<CreatedAlertChannel> {
    return this.channels.create(caller, body);
  }

  @Get(':channel_id')
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'One channel' })
  @ApiResponse({ status: 200, standardSchema: AlertChannel })
  get(@CurrentCaller() caller: Caller, @Param('channel_id') id: string): Promise<AlertChannel> {
    return this.channels.get(caller, id);
  }

  @Patch(':channel_id')
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Change a channel, or switch it off or on. What waits for one that is switched off is given up' })
  @ApiResponse({ status: 200, standardSchema: AlertChannel })
  update(@CurrentCaller() caller: Caller, @Param('channel_id') id: string, @Body({ schema: UpdateAlertChannel }) body: UpdateAlertChannel): Promise<AlertChannel> {
    return this.channels.update(caller, id, body);
  }

  @Delete(':channel_id')
  @HttpCode(204)
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Delete a channel with its routes and its log' })
  @ApiResponse({ status: 204 })
  remove(@CurrentCaller() caller: Caller, @Param('channel_id') id: string): Promise<void> {
    return this.channels.remove(caller, id);
  }

  @Post(':channel_id/rotate-secret')
  @HttpCode(200)
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Give a webhook a new signing secret; the old one signs too until the overlap ends' })
  @ApiResponse({ status: 200, standardSchema: CreatedAlertChannel })
  @ApiResponse({ status: 409, description: 'It is no webhook', standardSchema: Problem })
  rotate(@CurrentCaller() caller: Caller, @Param('channel_id') id: string, @Body({ schema: RotateSigningSecret }) body: RotateSigningSecret): Promise<CreatedAlertChannel> {
    return this.channels.rotate(caller, id, body);
  }

  @Post(':channel_id/test')
  @HttpCode(200)
  @RequirePermission('alerts:write')
  @ApiOperation({ summary: 'Send a test now; the answer says what became of it' })
  @ApiResponse({ status: 200, standardSchema: AlertDelivery })
  test(@CurrentCaller() caller: Caller, @Param('channel_id') id: string, @Body({ schema: SendTestAlert }) body: SendTestAlert): Promise<AlertDelivery> {
    return this.deliveries.test(caller, id, body);
  }
}
