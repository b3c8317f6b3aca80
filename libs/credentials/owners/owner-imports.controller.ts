import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ImportOwners, OwnerImport, Problem } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { OwnerImports } from './owner-imports.service.js';

@ApiTags('registry')
@Controller('v1/owners/import')
export class OwnerImportsController {
  constructor(private readonly imports: OwnerImports) {}

  @Post()
  @HttpCode(200)
  @RequirePermission('owners:write')
  @ApiOperation({ summary: 'Take owners, and whose keys are, from a CSV table, a CODEOWNERS-like file or SCIM users: a dry run, unless dry_run is false' })
  @ApiResponse({ status: 200, standardSchema: OwnerImport })
  @ApiResponse({ status: 409, description: 'More owners would leave than may; nothing was done', standardSchema: Problem })
  import(@CurrentCaller() caller: Caller, @Body({ schema: ImportOwners }) body: ImportOwners): Promise<OwnerImport> {
    caller.scope.assertAll('import owners');
    return this.imports.run(caller, body);
  }
}
