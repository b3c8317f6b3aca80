import { randomUUID } from 'node:crypto';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { answerHeaders } from './answer-headers.js';
import { BODY_LIMIT, registerContentParsers } from './content-parsers.js';
import { drainOnClose } from './drain.js';
import { refuseAddress, refuseConnection, refuseControlCharacters } from './early-refusals.js';
import { serveOpenApi, type OpenApiOptions } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { serveDashboard } from './serve-dashboard.js';
import { validationPipe } from './validation.js';

export interface HttpAppOptions {
  logger: LoggerService;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies?: string[];
  /** Serve `/openapi.json` and the page to browse it at `/docs`. */
  openapi?: OpenApiOptions;
  /** Directory of the dashboard's built files; they are served at every address that is nothing else's. */
  dashboard?: string | undefined;
}

/** A Nest application on Fastify with Keytrail's parsers, limits, validation and errors. Not listening yet. */
export async function createHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    trustProxy: options.trustedProxies?.length ? options.trustedProxies : false,
    requestTimeout: 60_000,
    connectionTimeout: 70_000,
    keepAliveTimeout: 5_000,
    routerOptions: { maxParamLength: 512 },
    // Drop idle connections on close, so that a keep-alive client cannot hold up the stop.
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseConnection,
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: options.logger, bodyParser: false, abortOnError: false });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  registerContentParsers(server);
  refuseControlCharacters(server);
  drainOnClose(server);
  server.addHook('onSend', (request, reply, _payload, done) => {
    void reply.headers(answerHeaders(String(request.id)));
    done();
  });
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter());
  if (options.openapi) serveOpenApi(app, options.openapi);
  if (options.dashboard !== undefined) await serveDashboard(server, options.dashboard);
  return app;
}
