import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CreateSilence, EndSilence, Problem, Silence, SilencePage, SilenceQuery } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Silences } from './silences.service.js';

@ApiTags('alerts')
@Controller('v1/silences')
export class SilencesController {
  constructor(private readonly silences: Silences) {}

  @Get()
  @RequirePermission('alerts:read')
  @ApiOperation({ summary: 'What nobody is told of, or was not, newest first' })
  @ApiQueryOf(SilenceQuery)
  @ApiResponse({ status: 200, standardSchema: SilencePage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: SilenceQuery }) query: SilenceQuery): Promise<SilencePage> {
    return this.silences.list(caller.scope, query);
  }

  @Post()
  @RequirePermission('alerts:silence')
  @ApiOperation({ summary: 'Tell nobody of some incidents for a time. They are opened all the same' })
  @ApiResponse({ status: 201, standardSchema: Silence })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateSilence }) body: CreateSilence): Promise<Silence> {
    return this.silences.create(caller, body);
  }

  @Post(':silence_id/end')
  @HttpCode(200)
  @RequirePermission('alerts:silence')
  @ApiOperation({ summary: 'End a silence now' })
  @ApiResponse({ status: 200, standardSchema: Silence })
  @ApiResponse({ status: 409, description: 'It has ended already', standardSchema: Problem })
  end(@CurrentCaller() caller: Caller, @Param('silence_id') id: string, @Body({ schema: EndSilence }) body: EndSilence): Promise<Silence> {
    return this.silences.end(caller, id, body);
  }
}
