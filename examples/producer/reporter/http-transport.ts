import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Batch } from './buffer.js';
import { retryAfterMs } from './retry.js';
import type { SendAnswer, Transport } from './transport.js';

const compress = promisify(gzip);

export interface HttpTransportOptions {
  /** Keytrail's address. https, unless it is this machine: the token and the keys in the reports are secrets. */
  url: string;
  /** An access token with the role ingest. */
  token: string;
  /** Workspace of requests whose key names none. */
  workspace?: string;
  /** Milliseconds one attempt may take. Default 30,000. */
  timeoutMs?: number;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** `POST /v1/request-logs`: gzip, and an Idempotency-Key for each batch. Throws when the address would give secrets away. */
export function httpTransport({ url, token, workspace, timeoutMs = 30_000 }: HttpTransportOptions): Transport {
  const target = new URL('/v1/request-logs', url);
  if (target.protocol !== 'https:' && !LOOPBACK.test(target.hostname)) throw new Error('Keytrail must be reached over https: reports carry a token and keys');
  if (workspace !== undefined) target.searchParams.set('workspace', workspace);
  const compressed = new WeakMap<Batch, Buffer>();

  return {
    async send(batch, signal) {
      const body = compressed.get(batch) ?? await compress(batch.lines.map((line) => `${line}\n`).join(''), { level: 1 });
      compressed.set(batch, body);
      signal.throwIfAborted();
      const stop = new AbortController();
      const onAbort = () => stop.abort(signal.reason);
      const timer = setTimeout(() => stop.abort(new Error('no answer in time')), timeoutMs).unref();
      signal.addEventListener('abort', onAbort);
      try {
        const response = await fetch(target, {
          method: 'POST', redirect: 'manual', signal: stop.signal, body,
          headers: {
            authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip', 'idempotency-key': batch.id,
          },
        });
        return answerOf(response.status, await jsonOf(response), response.headers.get('retry-after'), batch.lines.length, Date.now());
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}

interface Counts { stored: number; dead_lettered: number; code?: unknown }

/** What an answer of Keytrail means for a batch of so many lines. */
export function answerOf(status: number, body: Partial<Counts>, retryAfter: string | null, lines: number, now: number): SendAnswer {
  if (status >= 200 && status < 300) {
    const { stored = lines, dead_lettered = 0 } = body;
    return { kind: 'stored', stored, dead_lettered };
  }
  // Not one line was good: all are kept as dead letters.
  if (status === 422 && body.stored === 0 && typeof body.dead_lettered === 'number') return { kind: 'stored', stored: 0, dead_lettered: body.dead_lettered };
  if (status === 413) return { kind: 'too large' };
  const reason = `Keytrail answered ${status}${typeof body.code === 'string' ? ` ${body.code}` : ''}`;
  if (status >= 500 || status === 429 || status === 408 || status === 425) return { kind: 'later', reason, afterMs: retryAfterMs(retryAfter, now) };
  return { kind: 'refused', reason };
}

async function jsonOf(response: Response): Promise<Partial<Counts>> {
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
