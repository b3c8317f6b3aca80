export interface FieldError {
  field: string;
  message: string;
}

export interface AppErrorOptions {
  /** Stable, snake_case; clients may branch on it. */
  code: string;
  /** HTTP status it is answered with. */
  status: number;
  /** For the caller; holds no secret and no inner detail. */
  message: string;
  /** For the log only. */
  internal?: string;
  cause?: unknown;
  errors?: FieldError[];
  /** Seconds, sent as Retry-After. */
  retryAfter?: number;
  /** Further members of the problem document. */
  members?: Record<string, unknown>;
}

/** An error a caller may see: a stable code, a public message, and an internal detail that stays in the log. */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly internal: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly members: Record<string, unknown> | undefined;

  constructor(options: AppErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = options.code;
    this.status = options.status;
    this.internal = options.internal;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.members = options.members;
  }
}

/** 404 for what is not there and, alike, for what the caller may not see. */
export const notFound = (what: string) => new AppError({ code: 'not_found', status: 404, message: `No such ${what}.` });

/** 400 for a request whose parts contradict each other or name something that does not exist. */
export const badRequest = (code: string, message: string, errors?: FieldError[]) =>
  new AppError({ code, status: 400, message, ...(errors && { errors }) });

/** 409 for a change that the present state does not allow. */
export const conflict = (code: string, message: string) => new AppError({ code, status: 409, message });
