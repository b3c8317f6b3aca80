import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccessTokenList, CreateAccessToken, CreatedAccessToken } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { AccessTokenStore } from './access-token.store.js';

@ApiTags('access')
@Controller('v1/access-tokens')
@RequirePermission('access:manage')
export class AccessController {
  constructor(private readonly tokens: AccessTokenStore) {}

  @Post()
  @ApiOperation({ summary: 'Make an access token; it is shown once' })
  @ApiResponse({ status: 201, standardSchema: CreatedAccessToken })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateAccessToken }) body: CreateAccessToken): Promise<CreatedAccessToken> {
    return this.tokens.create(caller, body);
  }

  @Get()
  @ApiOperation({ summary: 'Access tokens that reach no further than the caller' })
  @ApiResponse({ status: 200, standardSchema: AccessTokenList })
  async list(@CurrentCaller() caller: Caller): Promise<AccessTokenList> {
    return { data: await this.tokens.list(caller) };
  }

  @Delete(':token_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an access token; the next call with it is refused' })
  @ApiResponse({ status: 204, description: 'Revoked, now or before' })
  async revoke(@CurrentCaller() caller: Caller, @Param('token_id') tokenId: string): Promise<void> {
    await this.tokens.revoke(caller, tokenId);
  }
}
