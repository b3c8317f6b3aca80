import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  ApiKey, ApiKeyPage, ApiKeyQuery, CreateApiKey, CreatedApiKey, IntrospectRequest, Introspection, RevokeQuery, UpdateApiKey,
} from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { ApiKeys } from './api-keys.service.js';

@ApiTags('keys')
@Controller('v1')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeys) {}

  @Post('api-keys')
  @RequirePermission('api-keys:write')
  @ApiOperation({ summary: 'Issue an API key; its secret is shown once' })
  @ApiResponse({ status: 201, standardSchema: CreatedApiKey })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateApiKey }) body: CreateApiKey): Promise<CreatedApiKey> {
    return this.apiKeys.create(caller, body);
  }

  @Get('api-keys')
  @RequirePermission('api-keys:read')
  @ApiOperation({ summary: 'API keys, newest first' })
  @ApiQueryOf(ApiKeyQuery)
  @ApiResponse({ status: 200, standardSchema: ApiKeyPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: ApiKeyQuery }) query: ApiKeyQuery): Promise<ApiKeyPage> {
    return this.apiKeys.list(caller.scope, query);
  }

  @Get('api-keys/:key_id')
  @RequirePermission('api-keys:read')
  @ApiOperation({ summary: 'One API key' })
  @ApiResponse({ status: 200, standardSchema: ApiKey })
  get(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string): Promise<ApiKey> {
    return this.apiKeys.get(caller.scope, keyId);
  }

  @Patch('api-keys/:key_id')
  @RequirePermission('api-keys:write')
  @ApiOperation({ summary: 'Change name, owner, scopes or end of an API key' })
  @ApiResponse({ status: 200, standardSchema: ApiKey })
  update(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Body({ schema: UpdateApiKey }) body: UpdateApiKey): Promise<ApiKey> {
    return this.apiKeys.update(caller, keyId, body);
  }

  @Delete('api-keys/:key_id')
  @HttpCode(204)
  @RequirePermission('api-keys:revoke')
  @ApiOperation({ summary: 'Revoke an API key for good, without a successor' })
  @ApiQueryOf(RevokeQuery)
  @ApiResponse({ status: 204, description: 'Revoked, now or before' })
  async revoke(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Query({ schema: RevokeQuery }) query: RevokeQuery): Promise<void> {
    await this.apiKeys.revoke(caller, keyId, query.reason);
  }

  @Post('introspect')
  @HttpCode(200)
  @RequirePermission('introspect')
  @ApiOperation({ summary: 'Whether a presented key is good for a call, after RFC 7662' })
  @ApiResponse({ status: 200, standardSchema: Introspection })
  introspect(@CurrentCaller() caller: Caller, @Body({ schema: IntrospectRequest }) body: IntrospectRequest): Promise<Introspection> {
    return this.apiKeys.introspect(caller.scope, body);
  }
}
