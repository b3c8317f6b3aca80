import { Controller, Get, Header, Injectable } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AppError } from '../errors.js';
import { Metrics } from '../metrics.js';
import { CurrentCaller, type Caller } from './caller.js';
import { PublicRoute, RequirePermission } from './route-permission.decorator.js';

/** Parts of the process that must answer before it takes traffic. */
@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, () => Promise<void>>();
  private readonly optional = new Set<string>();

  /** A part that is not required is shown, and the process is ready without it. */
  register(name: string, check: () => Promise<void>, { required }: { required: boolean } = { required: true }): void {
    this.checks.set(name, check);
    if (required) this.optional.delete(name);
    else this.optional.add(name);
  }

  isRequired(name: string): boolean {
    return !this.optional.has(name);
  }

  async run(): Promise<Record<string, 'up' | 'down'>> {
    const results = await Promise.all([...this.checks].map(async ([name, check]) => {
      const late = AbortSignal.timeout(3_000);
      const timedOut = new Promise<'down'>((resolve) => late.addEventListener('abort', () => resolve('down'), { once: true }));
      return [name, await Promise.race([check().then(() => 'up' as const, () => 'down' as const), timedOut])] as const;
    }));
    return Object.fromEntries(results);
  }
}

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly readiness: ReadinessChecks, private readonly metrics: Metrics) {}

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @PublicRoute()
  live() {
    return { status: 'up' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Whether every part the process needs answers; 503 names those that do not' })
  @PublicRoute()
  async ready() {
    const checks = await this.readiness.run();
    if (Object.entries(checks).some(([name, state]) => state === 'down' && this.readiness.isRequired(name))) {
      throw new AppError({ code: 'not_ready', status: 503, message: 'A part this process needs does not answer.', members: { checks } });
    }
    return { status: 'up', checks };
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Counts of the process, in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'Metrics', schema: { type: 'string' } })
  @RequirePermission('metrics:read')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async scrape(@CurrentCaller() caller: Caller): Promise<string> {
    if (!caller.scope.isAll) {
      throw new AppError({ code: 'account_wide_only', status: 403, message: 'Only callers of the whole account may read metrics.' });
    }
    return this.metrics.registry.metrics();
  }
}
