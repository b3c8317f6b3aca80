import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { LiveEventPage, LiveQuery, Problem } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, EventStream, RequirePermission, wantsStream, type Caller } from '@keytrail/platform';
import { LiveFeed } from './live-feed.service.js';
import { viewOf } from './live-view.js';

@ApiTags('incidents')
@Controller('v1/stream')
export class StreamController {
  constructor(private readonly feed: LiveFeed) {}

  @Get()
  @RequirePermission('incidents:read')
  @ApiOperation({ summary: 'What becomes of incidents, findings and keys, in the order of commits: by pages, or with `Accept: text/event-stream` as it happens' })
  @ApiQueryOf(LiveQuery)
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Of a stream: goes on after this event; goes before `cursor`' })
  @ApiResponse({ status: 200, standardSchema: LiveEventPage })
  @ApiResponse({ status: 410, description: 'Events after this cursor may be missing', standardSchema: Problem })
  async follow(
    @CurrentCaller() caller: Caller, @Query({ schema: LiveQuery }) query: LiveQuery, @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined, @Res() reply: FastifyReply,
  ): Promise<void> {
    const view = viewOf(caller, query);
    if (!wantsStream(accept)) {
      await reply.send(await this.feed.page(view, query));
      return;
    }
    const stream = new EventStream();
    reply.raw.once('close', () => stream.destroy());
    await this.feed.open(view, lastEventId || query.cursor, stream);
    void reply.header('x-accel-buffering', 'no').type('text/event-stream').send(stream);
  }
}
