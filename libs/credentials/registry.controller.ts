import { Body, Controller, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  CreateOwner, CreateWorkspace, Owner, OwnerList, UpdateOwner, UpdateWorkspace, Workspace, WorkspaceList,
} from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Owners } from './owners.service.js';
import { Registry } from './registry.service.js';

@ApiTags('registry')
@Controller('v1')
export class RegistryController {
  constructor(private readonly registry: Registry, private readonly owners: Owners) {}

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

  @Get('workspaces/:workspace_id')
  @RequirePermission('workspaces:read')
  @ApiOperation({ summary: 'One workspace' })
  @ApiResponse({ status: 200, standardSchema: Workspace })
  getWorkspace(@CurrentCaller() caller: Caller, @Param('workspace_id') workspaceId: string): Promise<Workspace> {
    return this.registry.workspace(caller.scope, workspaceId);
  }

  @Patch('workspaces/:workspace_id')
  @RequirePermission('workspaces:write')
  @ApiOperation({ summary: 'Change name, environment, enhanced security or rotation policy of a workspace' })
  @ApiResponse({ status: 200, standardSchema: Workspace })
  updateWorkspace(
    @CurrentCaller() caller: Caller, @Param('workspace_id') workspaceId: string, @Body({ schema: UpdateWorkspace }) body: UpdateWorkspace,
  ): Promise<Workspace> {
    return this.registry.updateWorkspace(caller, workspaceId, body);
  }

  @Post('owners')
  @RequirePermission('owners:write')
  @ApiOperation({ summary: 'Register an owner of keys, a person or a team' })
  @ApiResponse({ status: 201, standardSchema: Owner })
  createOwner(@CurrentCaller() caller: Caller, @Body({ schema: CreateOwner }) body: CreateOwner): Promise<Owner> {
    return this.owners.create(caller, body);
  }

  @Get('owners')
  @RequirePermission('owners:read')
  @ApiOperation({ summary: 'Owners; for callers of some workspaces those of keys there' })
  @ApiResponse({ status: 200, standardSchema: OwnerList })
  async listOwners(@CurrentCaller() caller: Caller): Promise<OwnerList> {
    return { data: await this.owners.list(caller.scope) };
  }

  @Get('owners/:owner_id')
  @RequirePermission('owners:read')
  @ApiOperation({ summary: 'One owner' })
  @ApiResponse({ status: 200, standardSchema: Owner })
  getOwner(@CurrentCaller() caller: Caller, @Param('owner_id') ownerId: string): Promise<Owner> {
    return this.owners.get(caller.scope, ownerId);
  }

  @Patch('owners/:owner_id')
  @RequirePermission('owners:write')
  @ApiOperation({ summary: 'Change an owner, or say that they left' })
  @ApiResponse({ status: 200, standardSchema: Owner })
  updateOwner(@CurrentCaller() caller: Caller, @Param('owner_id') ownerId: string, @Body({ schema: UpdateOwner }) body: UpdateOwner): Promise<Owner> {
    return this.owners.update(caller, ownerId, body);
  }
}
