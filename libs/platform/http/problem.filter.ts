import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';
import { PROBLEM_TYPE, problemOf, refusalOf } from './problem.js';
import { isStoreOutage } from './store-outage.js';

/** Turns whatever was thrown into RFC 9457 problem+json. Nothing of an unforeseen error reaches the caller. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const known = asAppError(error);
    if (known.status >= 500) {
      this.logger.error({ msg: known.internal ?? known.message, code: known.code, request_id: request.id, route: request.routeOptions?.url },
        error instanceof Error ? error.stack : undefined);
    }
    if (reply.sent) return;
    if (known.retryAfter !== undefined) void reply.header('retry-after', String(known.retryAfter));
    if (known.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(known.status).type(PROBLEM_TYPE).send(JSON.stringify(problemOf(known, String(request.id))));
  }
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null | undefined)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return refusalOf(status);
  if (isStoreOutage(error)) {
    return new AppError({
      code: 'store_unavailable', status: 503, message: 'A store does not answer. Nothing was acknowledged; send this again later.', retryAfter: 5,
      internal: (error as Error).message, cause: error,
    });
  }
  return new AppError({
    code: 'internal_error', status: 500, message: 'Something went wrong here. The log has the details under this request id.',
    internal: error instanceof Error ? error.message : 'a value that is no Error was thrown', cause: error,
  });
}
