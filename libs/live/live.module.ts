import { Module } from '@nestjs/common';
import { LiveFeed } from './live-feed.service.js';
import { StreamController } from './stream.controller.js';

/** The stream of what happens, for people and programs that look on. */
@Module({ controllers: [StreamController], providers: [LiveFeed] })
export class LiveModule {}
