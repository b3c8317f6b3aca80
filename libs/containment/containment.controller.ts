import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Problem, Replacement, RevokeAndReplace } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, idempotencyKeyOf, type Caller } from '@keytrail/platform';
import { Containment } from './containment.service.js';

@ApiTags('containment')
@Controller('v1/api-keys')
export class ContainmentController {
  constructor(private readonly containment: Containment) {}

  @Post(':key_id/revoke-and-replace')
  @HttpCode(200)
  @RequirePermission('api-keys:revoke')
  @ApiOperation({ summary: 'Revoke a key and issue its successor in one step; the new secret is shown once' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'A repeated call with this key changes nothing more' })
  @ApiResponse({ status: 200, standardSchema: Replacement })
  @ApiResponse({ status: 409, description: 'Somebody else revoked the key first', standardSchema: Problem })
  revokeAndReplace(
    @CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Body({ schema: RevokeAndReplace }) body: RevokeAndReplace,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
  ): Promise<Replacement> {
    return this.containment.revokeAndReplace(caller, keyId, body, idempotencyKeyOf(idempotencyKey));
  }
}
