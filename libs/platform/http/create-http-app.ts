import { randomUUID } from 'node:crypto';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { BODY_LIMIT, registerContentParsers } from './content-parsers.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.js';

export interface HttpAppOptions {
  logger: LoggerService;
  /** Serve `/openapi.json` and the page to browse it at `/docs`. */
  openapi?: { title: string; version: string };
}

/** A Nest application on Fastify with Keytrail's parsers, limits, validation and errors. Not listening yet. */
export async function createHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: 60_000,
    connectionTimeout: 70_000,
    keepAliveTimeout: 5_000,
    routerOptions: { maxParamLength: 512 },
    // Drop idle connections on close, so that a keep-alive client cannot hold up the stop.
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: options.logger, bodyParser: false, abortOnError: false });
  registerContentParsers(adapter.getInstance() as never);
  adapter.getInstance().addHook('onSend', (request, reply, _payload, done) => {
    void reply.headers({
      'x-request-id': String(request.id), 'x-content-type-options': 'nosniff', 'cache-control': 'no-store',
      'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY',
    });
    done();
  });
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter());
  if (options.openapi) serveOpenApi(app, options.openapi);
  return app;
}

function serveOpenApi(app: NestFastifyApplication, { title, version }: { title: string; version: string }): void {
  const document = SwaggerModule.createDocument(app, new DocumentBuilder()
    .setOpenAPIVersion('3.1.0').setTitle(title).setVersion(version).addBearerAuth().build());
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json', customSiteTitle: title });
}
