import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { OrdersController, ReporterController } from './orders.controller.js';
import { ReporterModule, type ReporterModuleOptions } from './reporter/nest.js';

@Module({})
class ServiceModule {
  static forRoot(options: ReporterModuleOptions): DynamicModule {
    return { module: ServiceModule, imports: [ReporterModule.forRoot(options)], controllers: [OrdersController, ReporterController] };
  }
}

/** The service, not listening yet. */
export async function createService(options: ReporterModuleOptions): Promise<NestFastifyApplication> {
  // Fastify counts requests from 1 at each start; Keytrail finds a request by its id, so it has to be unique.
  const adapter = new FastifyAdapter({ genReqId: () => randomUUID(), forceCloseConnections: 'idle' });
  adapter.getInstance().addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', String(request.id));
    done();
  });
  const app = await NestFactory.create<NestFastifyApplication>(ServiceModule.forRoot(options), adapter, { logger: ['error', 'warn'] });
  return app.enableShutdownHooks();
}
