import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IntrospectBatch, IntrospectRequest, Introspection, IntrospectionList } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { KeyIntrospection } from './introspection.service.js';

@ApiTags('keys')
@Controller('v1/introspect')
export class IntrospectionController {
  constructor(private readonly introspection: KeyIntrospection) {}

  @Post()
  @HttpCode(200)
  @RequirePermission('introspect')
  @ApiOperation({ summary: 'Whether a presented key, signed request or public key with its user token is good for a call, after RFC 7662' })
  @ApiResponse({ status: 200, standardSchema: Introspection })
  introspect(@CurrentCaller() caller: Caller, @Body({ schema: IntrospectRequest }) body: IntrospectRequest): Promise<Introspection> {
    return this.introspection.introspect(caller, body);
  }
  @Post('batch')
  @HttpCode(200)
  @RequirePermission('introspect')
  @ApiOperation({ summary: 'The same for many at once, each judged by itself' })
  @ApiResponse({ status: 200, standardSchema: IntrospectionList })
  async introspectAll(@CurrentCaller() caller: Caller, @Body({ schema: IntrospectBatch }) body: IntrospectBatch): Promise<IntrospectionList> {
    return { data: await this.introspection.introspectAll(caller, body.items) };
  }
}
