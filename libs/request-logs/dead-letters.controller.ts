import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DeadLetter, DeadLetterPage, DeadLetterQuery, ReplayDeadLetters, ReplayResult } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { DeadLetterReplay } from './dead-letter-replay.service.js';
import { DeadLetterStore } from './dead-letter.store.js';

@ApiTags('dead letters')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLetterStore, private readonly replays: DeadLetterReplay) {}

  @Get()
  @RequirePermission('dead-letters:read')
  @ApiOperation({ summary: 'Lines that could not be stored, redacted, with the reason; newest first' })
  @ApiQueryOf(DeadLetterQuery)
  @ApiResponse({ status: 200, standardSchema: DeadLetterPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: DeadLetterQuery }) query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.letters.list(caller.scope, query);
  }

  @Get(':dead_letter_id')
  @RequirePermission('dead-letters:read')
  @ApiOperation({ summary: 'One dead letter' })
  @ApiResponse({ status: 200, standardSchema: DeadLetter })
  get(@CurrentCaller() caller: Caller, @Param('dead_letter_id') id: string): Promise<DeadLetter> {
    return this.letters.get(caller.scope, id);
  }

  @Post('replay')
  @HttpCode(200)
  @RequirePermission('dead-letters:replay')
  @ApiOperation({
    summary: 'Take dead letters in again, by id or by filter',
    description: 'Each is stored once, however often it is replayed. What cannot be stored stays a dead letter with its new reason. Where Kafka is '
      + 'at hand a line is read again from its source, else the kept payload is taken if it is the whole line.',
  })
  @ApiResponse({ status: 200, standardSchema: ReplayResult })
  replay(@CurrentCaller() caller: Caller, @Body({ schema: ReplayDeadLetters }) body: ReplayDeadLetters): Promise<ReplayResult> {
    return this.replays.replay(caller, body);
  }
}
