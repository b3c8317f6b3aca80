import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CreateOwner, CreateWorkspace, Owner, OwnerList, Workspace, WorkspaceList } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Registry } from './registry.service.js';

@ApiTags('registry')
@Controller('v1')
export class RegistryController {
  constructor(private readonly registry: Registry) {}

  @Post('workspaces')
  @RequirePermission('workspaces:write')
  @ApiOperation({ summary: 'Make a workspace' })
  @ApiResponse({ status: 201, standardSchema: Workspace })
  createWorkspace(@CurrentCaller() caller: Caller, @Body({ schema: CreateWorkspace }) body: CreateWorkspace): Promise<Workspace> {
    return this.registry.createWorkspace(caller, body);
  }

  @Get('workspaces')
  @RequirePermission('workspaces:read')
  @ApiOperation({ summary: 'Workspaces the caller may see' })
  @ApiResponse({ status: 200, standardSchema: WorkspaceList })
  async listWorkspaces(@CurrentCaller() caller: Caller): Promise<WorkspaceList> {
    return { data: await this.registry.listWorkspaces(caller.scope) };
  }

  @Post('owners')
  @RequirePermission('owners:write')
  @ApiOperation({ summary: 'Register an owner of keys, a person or a team' })
  @ApiResponse({ status: 201, standardSchema: Owner })
  createOwner(@CurrentCaller() caller: Caller, @Body({ schema: CreateOwner }) body: CreateOwner): Promise<Owner> {
    return this.registry.createOwner(caller, body);
  }

  @Get('owners')
  @RequirePermission('owners:read')
  @ApiOperation({ summary: 'Owners; for callers of some workspaces those of keys there' })
  @ApiResponse({ status: 200, standardSchema: OwnerList })
  async listOwners(@CurrentCaller() caller: Caller): Promise<OwnerList> {
    return { data: await this.registry.listOwners(caller.scope) };
  }
}
