import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '@keytrail/contracts';
import { AppError } from '../errors.js';

const codes: Record<number, string> = {
  400: 'invalid_request', 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found', 405: 'method_not_allowed', 406: 'not_acceptable',
  408: 'request_timeout', 413: 'body_too_large', 415: 'unsupported_media_type', 429: 'too_many_requests', 503: 'unavailable',
};

const titles: Record<number, string> = {
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable',
  408: 'Request Timeout', 409: 'Conflict', 413: 'Content Too Large', 415: 'Unsupported Media Type', 422: 'Unprocessable Content',
  429: 'Too Many Requests', 500: 'Internal Server Error', 503: 'Service Unavailable',
};

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
    const problem: Problem & Record<string, unknown> = {
      ...known.members,
      type: `urn:keytrail:problem:${known.code}`,
      title: titles[known.status] ?? 'Error',
      status: known.status,
      code: known.code,
      detail: known.message,
      request_id: String(request.id),
      ...(known.errors && { errors: known.errors }),
    };
    void reply.status(known.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError({ code: codes[status] ?? 'invalid_request', status, message: publicMessage(status) });
  }
  return new AppError({
    code: 'internal_error', status: 500, message: 'Something went wrong here. The log has the details under this request id.',
    internal: error instanceof Error ? error.message : 'a value that is no Error was thrown', cause: error,
  });
}

/** Framework messages may repeat what the caller sent; these do not. */
function publicMessage(status: number): string {
  switch (status) {
    case 404: return 'There is nothing at this address.';
    case 413: return 'The body is larger than this route takes.';
    case 415: return 'This content type or content encoding is not taken here.';
    default: return 'The request could not be understood.';
  }
}
