import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Reporter } from './reporter.js';
import type { RequestReport } from './request-report.js';

export interface ReportRequestsOptions {
  reporter: Reporter;
  /**
   * Fields that only the service knows, such as `key_id` or `principal`; they go before what is found in the request. Absent: the presented
   * key goes as `key`. Where the key itself must not leave the service, answer `{ key_id }`.
   */
  describe?: (request: FastifyRequest, reply: FastifyReply) => Partial<RequestReport>;
  /** true: this request is not reported. */
  ignore?: (request: FastifyRequest) => boolean;
  /** Send query strings, of the path and of the referer. Default: no, they may hold secrets. */
  withQuery?: boolean;
}

/** A Fastify plugin for all routes: reports each request once it was answered, so that nobody waits for it. */
export function reportRequests(server: FastifyInstance, options: ReportRequestsOptions, done: (error?: Error) => void): void {
  const { reporter, ignore } = options;
  server.addHook('onResponse', (request, reply, next) => {
    if (!attempt(request, false, () => ignore?.(request) === true)) reporter.report(reportOf(request, reply, options));
    next();
  });
  done();
}
// For the whole server, not only for what is registered inside the plugin.
Object.assign(reportRequests, { [Symbol.for('skip-override')]: true });

function reportOf(request: FastifyRequest, reply: FastifyReply, { describe = presented, withQuery = false }: ReportRequestsOptions): RequestReport {
  const { headers } = request;
  const address = (url: string | undefined) => (withQuery ? url : url?.replace(/[?#].*$/s, ''));
  return {
    time: Math.round(Date.now() - reply.elapsedTime), request_id: String(request.id), method: request.method,
    path: address(request.url) || '/', route: request.routeOptions.url, status: reply.statusCode,
    latency_ms: reply.elapsedTime, bytes_in: lengthOf(headers['content-length']), bytes_out: lengthOf(reply.getHeader('content-length')),
    address: request.ip, user_agent: headers['user-agent'], origin: headers.origin, referer: address(headers.referer),
    ...attempt(request, {}, () => describe(request, reply)),
  };
}

/** What the service was asked for, or `otherwise` when it fails at it: a request that is half known is better than a hole. */
function attempt<T>(request: FastifyRequest, otherwise: T, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    request.log.error(error, 'a request could not be described for its report');
    return otherwise;
  }
}

/** The key as the caller presented it: `Authorization: Bearer …` or `X-Api-Key`. */
export function presentedKey({ headers }: FastifyRequest): string | undefined {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const apiKey = headers['x-api-key'];
  return bearer ?? (Array.isArray(apiKey) ? apiKey[0] : apiKey);
}

const presented = (request: FastifyRequest): Partial<RequestReport> => ({ key: presentedKey(request) });

function lengthOf(header: unknown): number | undefined {
  const length = Number(header ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
