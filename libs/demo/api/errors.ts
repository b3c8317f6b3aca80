import { Problem } from '@keytrail/contracts';

/** The server answered, but not with success. `body` is the parsed answer, if it was JSON. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly body: unknown,
    readonly retryAfter: string | null,
  ) {
    super(message);
  }
}

/** No answer came: `code` is the system's, such as ECONNREFUSED. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(message: string, readonly code: string) {
    super(message);
  }
}

const hints: Record<number, string> = {
  401: 'the access token is missing or not valid',
  403: 'the access token may not do this',
};

/** A problem+json answer (RFC 9457), or whatever else came, as one clear line. */
export function apiErrorOf(call: string, status: number, body: unknown, retryAfter: string | null): ApiError {
  const problem = Problem.partial().safeParse(body);
  const { title, detail, code, errors, request_id } = problem.success ? problem.data : {};
  const fields = errors?.map(({ field, message }) => `${field}: ${message}`).join('; ');
  const what = [...new Set([title ?? hints[status], detail, fields])].filter(Boolean).join(': ');
  const reference = request_id ? ` (request ${request_id})` : '';
  return new ApiError(`${call} answered ${status}${what ? `: ${what}` : ''}${reference}`, status, code ?? '', body, retryAfter);
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused; is Keytrail running there?',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be resolved',
  TIMEOUT: 'no answer in time',
};

/** What `fetch` rejected with, told by its cause, which carries the system's code. */
export function connectionErrorOf(baseUrl: string, error: unknown): ConnectionError {
  // By shape, not by class: the errors of a built-in may come from another realm.
  const thrown = error as { code?: unknown; message?: unknown; cause?: { code?: unknown; message?: unknown } };
  const { code = '', message } = thrown.cause ?? thrown;
  const reason = reasons[String(code)] ?? (message || code);
  return new ConnectionError(`cannot reach ${baseUrl}: ${String(reason)}`, String(code));
}
