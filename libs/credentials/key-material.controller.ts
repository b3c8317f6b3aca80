import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RewrapResult, RewrapSecrets, VerificationJwks } from '@keytrail/contracts';
import { Clock, CurrentCaller, PublicRoute, RequirePermission, type Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { verificationKeys } from './credential.store.js';
import { WorkspaceSecrets } from './workspace-secrets.service.js';

@ApiTags('keys')
@Controller('v1')
export class KeyMaterialController {
  constructor(private readonly secrets: WorkspaceSecrets, private readonly database: Database, private readonly clock: Clock) {}

  @Get('workspaces/:workspace_id/jwks.json')
  @PublicRoute()
  @ApiOperation({ summary: 'Public halves of the good signing keys of a workspace, as a JSON Web Key Set; none for a workspace that is not there' })
  @ApiResponse({ status: 200, standardSchema: VerificationJwks })
  async jwks(@Param('workspace_id') workspaceId: string): Promise<VerificationJwks> {
    return { keys: await verificationKeys(this.database, workspaceId, this.clock.date()) };
  }

  @Post('workspace-secrets/rewrap')
  @HttpCode(200)
  @RequirePermission('workspace-keys:write')
  @ApiOperation({ summary: 'Encrypt secrets of workspace keys anew under the newest wrapping key; repeat until none remain' })
  @ApiResponse({ status: 200, standardSchema: RewrapResult })
  rewrap(@CurrentCaller() caller: Caller, @Body({ schema: RewrapSecrets }) body: RewrapSecrets): Promise<RewrapResult> {
    return this.secrets.rewrap(caller, body.limit);
  }
}
