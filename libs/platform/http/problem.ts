import type { Problem } from '@keytrail/contracts';
import { AppError } from '../errors.js';

export const PROBLEM_TYPE = 'application/problem+json';

const codes: Record<number, string> = {
  400: 'invalid_request', 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found', 405: 'method_not_allowed', 406: 'not_acceptable',
  408: 'request_timeout', 413: 'body_too_large', 414: 'uri_too_long', 415: 'unsupported_media_type', 429: 'too_many_requests',
  431: 'headers_too_large', 503: 'unavailable',
};

const titles: Record<number, string> = {
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable',
  408: 'Request Timeout', 409: 'Conflict', 413: 'Content Too Large', 414: 'URI Too Long', 415: 'Unsupported Media Type',
  422: 'Unprocessable Content', 429: 'Too Many Requests', 431: 'Request Header Fields Too Large', 500: 'Internal Server Error',
  502: 'Bad Gateway', 503: 'Service Unavailable',
};

export const titleOf = (status: number): string => titles[status] ?? 'Error';

/** The problem document (RFC 9457) of an error. */
export const problemOf = (error: AppError, requestId: string | undefined): Problem & Record<string, unknown> => ({
  ...error.members,
  type: `urn:keytrail:problem:${error.code}`,
  title: titleOf(error.status),
  status: error.status,
  code: error.code,
  detail: error.message,
  ...(requestId !== undefined && { request_id: requestId }),
  ...(error.errors && { errors: error.errors }),
});

/** The error of a status that the framework chose. Its own messages may repeat what the caller sent; these do not. */
export const refusalOf = (status: number): AppError =>
  new AppError({ code: codes[status] ?? 'invalid_request', status, message: publicMessage(status) });

function publicMessage(status: number): string {
  switch (status) {
    case 404: return 'There is nothing at this address.';
    case 408: return 'The request took too long to arrive.';
    case 413: return 'The body is larger than this route takes.';
    case 414: return 'A part of the address is too long.';
    case 415: return 'This content type or content encoding is not taken here.';
    case 431: return 'The headers are larger than the server takes.';
    default: return 'The request could not be understood.';
  }
}
