import { Body, Controller, Get, Headers, HttpCode, NotFoundException, Param, Post, UnauthorizedException } from '@nestjs/common';
import { Reporter, type ReporterStats } from './reporter/reporter.js';

/** A service like any other: it knows nothing of the reports. */
@Controller('orders')
export class OrdersController {
  private readonly orders = new Map<string, unknown>();

  @Get(':id')
  find(@Headers('x-api-key') key: string | undefined, @Param('id') id: string): unknown {
    demandKey(key);
    if (!this.orders.has(id)) throw new NotFoundException();
    return { id, order: this.orders.get(id) };
  }

  @Post(':id')
  @HttpCode(201)
  create(@Headers('x-api-key') key: string | undefined, @Param('id') id: string, @Body() order: unknown): { id: string } {
    demandKey(key);
    if (this.orders.size < 10_000) this.orders.set(id, order);
    return { id };
  }
}

@Controller('reporter')
export class ReporterController {
  constructor(private readonly reporter: Reporter) {}

  @Get()
  stats(): ReporterStats {
    return this.reporter.stats();
  }
}

function demandKey(key: string | undefined): void {
  if (key === undefined || key === '') throw new UnauthorizedException();
}
