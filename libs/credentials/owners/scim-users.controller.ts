import { Body, Controller, HttpCode, Param, Patch } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Problem, ScimPatch } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, notFound, type Caller } from '@keytrail/platform';
import { OwnerImports } from './owner-imports.service.js';
import { activeAfter } from './read-patch.js';

const SOURCE = 'scim';

/** What directories push as it happens: that somebody left, or came back. The rest they say in lists. */
@ApiTags('registry')
@Controller('v1/scim/v2/Users')
export class ScimUsersController {
  constructor(private readonly imports: OwnerImports) {}

  @Patch(':external_id')
  @HttpCode(204)
  @RequirePermission('owners:write')
  @ApiOperation({ summary: 'Take a PatchOp of a directory: `active` says whether the owner with this external id left. Nothing else of it is read' })
  @ApiResponse({ status: 204 })
  @ApiResponse({ status: 404, description: 'No owner has this external id', standardSchema: Problem })
  async patch(@CurrentCaller() caller: Caller, @Param('external_id') externalId: string, @Body({ schema: ScimPatch }) body: ScimPatch): Promise<void> {
    caller.scope.assertAll('import owners');
    const status = activeAfter(body);
    if (!await this.imports.setStatus(caller, externalId, status, SOURCE)) throw notFound('owner');
  }
}
