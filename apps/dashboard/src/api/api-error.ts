import { Problem } from '@keytrail/contracts';

/** A refusal or failure, as the server told it. */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number, readonly code: string, message: string, readonly requestId: string | undefined, readonly fields: readonly { field: string; message: string }[] = [],
    /** Further members of the problem, such as `containment_id`. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** No answer came at all. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';

  constructor(cause: unknown) {
    super('Keytrail does not answer.', { cause });
  }
}

export function errorOf(status: number, body: unknown): ApiError {
  const parsed = Problem.loose().safeParse(body);
  if (!parsed.success) return new ApiError(status, 'unknown', `Keytrail answered ${status} without saying why.`, undefined);
  const { code, detail, title, request_id, errors, ...members } = parsed.data;
  return new ApiError(status, code, detail ?? title, request_id, errors, members);
}

/** What the reader can do about it, in one sentence. */
export function adviceFor(error: unknown): string {
  if (error instanceof ConnectionError) return 'Check that Keytrail runs and that you reach it; this page tries again by itself.';
  if (!(error instanceof ApiError)) return 'Reload the page. If it comes again, tell whoever runs Keytrail what you did.';
  if (error.status === 401) return 'Your session is over: sign in again.';
  if (error.status === 403) return 'Ask an administrator for a token whose role may do this.';
  if (error.status === 404) return 'It may have been removed, or it lies in a workspace that your token does not reach.';
  if (error.status === 429) return 'Wait a moment, then try again.';
  if (error.status >= 500) return `The server's log says more${error.requestId === undefined ? '' : ` under request ${error.requestId}`}.`;
  return 'Change what you asked for and try again.';
}
