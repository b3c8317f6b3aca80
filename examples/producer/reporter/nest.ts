import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { reportRequests, type ReportRequestsOptions } from './fastify.js';
import { Reporter, type ReporterOptions } from './reporter.js';

export interface ReporterModuleOptions extends ReporterOptions, Omit<ReportRequestsOptions, 'reporter'> {
  /** Milliseconds that the rest may take to be sent at shutdown (`app.enableShutdownHooks()`). Default 5,000. */
  closeWithinMs?: number;
}

const OPTIONS = Symbol('reporter options');

/** For Nest on Fastify: reports every request of the application, and sends the rest when it shuts down. */
@Module({})
export class ReporterModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost, private readonly reporter: Reporter, @Inject(OPTIONS) private readonly options: ReporterModuleOptions,
  ) {}

  static forRoot(options: ReporterModuleOptions): DynamicModule {
    return {
      module: ReporterModule, global: true, exports: [Reporter],
      providers: [{ provide: OPTIONS, useValue: options }, { provide: Reporter, useFactory: () => new Reporter(options) }],
    };
  }

  onModuleInit(): void {
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    reportRequests(server, { ...this.options, reporter: this.reporter }, () => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.reporter.close(this.options.closeWithinMs);
  }
}
