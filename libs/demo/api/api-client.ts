import type { z } from 'zod';
import { systemClock, type DemoClock } from '../clock.js';
import { ApiError, apiErrorOf, connectionErrorOf } from './errors.js';
import { withRetry } from './retry.js';

export interface ApiClientOptions {
  /** Such as http://127.0.0.1:8080. */
  baseUrl: string;
  /** Bearer access token. Goes into one header and nowhere else. */
  token: string;
  /** Default: the system's. */
  clock?: DemoClock;
  /** Milliseconds one attempt may take. Default 60,000. */
  timeoutMs?: number;
}

export interface ApiCall {
  query?: Record<string, string | number | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; `headers` say what it is. */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
  /** true: safe to send twice, even when the first answer was lost. Default: only GET. */
  replayable?: boolean;
  signal?: AbortSignal | undefined;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Speaks HTTP to Keytrail. Rejects with `ApiError`, `ConnectionError`, or the reason of the signal. */
export interface ApiClient {
  readonly baseUrl: string;
  /** The JSON of a 2xx answer, checked against `answer`. Waits and tries again on 429, 503 and refused connections. */
  request<T extends z.ZodType>(method: Method, path: string, answer: T, call?: ApiCall): Promise<z.infer<T>>;
}

async function attempt(options: ApiClientOptions, method: string, path: string, call: ApiCall): Promise<unknown> {
  const { baseUrl, token, timeoutMs = 60_000 } = options;
  const { query = {}, json, bytes, headers, signal } = call;
  signal?.throwIfAborted();
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));

  // Not AbortSignal.any: on Node 20 each one stays linked to the long-lived signal for good.
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  const timer = setTimeout(() => stop.abort(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' })), timeoutMs);
  signal?.addEventListener('abort', onAbort);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`, accept: 'application/json', ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
      },
      body: bytes ?? (json === undefined ? null : JSON.stringify(json)),
      redirect: 'error',
      signal: stop.signal,
    });
    const text = await response.text();
    const body = parsed(text);
    if (!response.ok) throw apiErrorOf(`${method} ${path}`, response.status, body, response.headers.get('retry-after'));
    return body;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ApiError) throw error;
    throw connectionErrorOf(new URL(baseUrl).origin, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  return {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    async request(method, path, answer, call = {}) {
      const body = await withRetry(() => attempt(options, method, path, call), {
        clock: options.clock ?? systemClock, replayable: call.replayable ?? method === 'GET', signal: call.signal,
      });
      const checked = answer.safeParse(body);
      if (!checked.success) throw new ApiError(`${method} ${path} answered something Keytrail would not`, 200, 'unexpected_answer', body, null);
      return checked.data;
    },
  };
}
