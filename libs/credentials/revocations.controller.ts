import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { KeyEventPage, KeyEventQuery, Problem } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, EventStream, RequirePermission, wantsStream, type Caller } from '@keytrail/platform';
import { KeyFeed } from './key-feed.service.js';

@ApiTags('keys')
@Controller('v1/revocations')
export class RevocationsController {
  constructor(private readonly feed: KeyFeed) {}

  @Get()
  @RequirePermission('introspect')
  @ApiOperation({ summary: 'What became of keys, in the order of commits: by pages, or with `Accept: text/event-stream` as it happens' })
  @ApiQueryOf(KeyEventQuery)
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Of a stream: goes on after this event; goes before `cursor`' })
  @ApiResponse({ status: 200, standardSchema: KeyEventPage })
  @ApiResponse({ status: 410, description: 'Events after this cursor may be missing', standardSchema: Problem })
  async follow(
    @CurrentCaller() caller: Caller, @Query({ schema: KeyEventQuery }) query: KeyEventQuery, @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined, @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!wantsStream(accept)) {
      await reply.send(await this.feed.page(caller.scope, query));
      return;
    }
    const stream = new EventStream();
    reply.raw.once('close', () => stream.destroy());
    await this.feed.open(caller.scope, lastEventId || query.cursor, stream);
    void reply.header('x-accel-buffering', 'no').type('text/event-stream').send(stream);
  }
}
