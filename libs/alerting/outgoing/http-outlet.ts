import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AddressGuard } from './address-guard.js';

export interface HttpAnswer {
  status: number;
  /** Asked for with Retry-After. */
  retryAfterMs: number | undefined;
  /** The beginning of the body. */
  text: string;
}

/** Of a body no more is read, and no longer. What counts is the status. */
const MOST_BODY_BYTES = 16 * 1024;
const LONGEST_BODY_MS = 2_000;
/** Idle connections to one host that are kept, and for how long. How many are open at once is for the sender to say: one that waited for another's would look like a receiver that hangs. */
const MOST_IDLE = 20;
const IDLE_MS = 4_000;

/** Posts over HTTP, to addresses that may be reached: no redirects, a time limit on everything, a limit on what is read. */
export class HttpOutlet {
  private readonly agents: { 'http:': HttpAgent; 'https:': HttpsAgent };

  constructor(private readonly guard: AddressGuard, private readonly timeoutMs: number) {
    const options = { keepAlive: true, keepAliveMsecs: 1_000, maxFreeSockets: MOST_IDLE, timeout: IDLE_MS };
    this.agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
  }

  /** Rejects when there was no answer: with an Error whose `code` says why. */
  async post(url: string, body: string, headers: Readonly<Record<string, string>>, now: Date): Promise<HttpAnswer> {
    const target = new URL(url);
    const plain = target.protocol !== 'https:';
    this.guard.assertHost(target.hostname.replace(/^\[|\]$/g, ''), { plain });
    const options: RequestOptions = {
      method: 'POST', lookup: this.guard.lookup({ plain }),
      headers: { 'content-type': 'application/json', 'user-agent': 'Keytrail', ...headers, 'content-length': Buffer.byteLength(body) },
    };
    try {
      return await this.send(target, options, body, now);
    } catch (error) {
      // A kept connection may have been closed by the other side just then: that says nothing of the receiver.
      if (!(error instanceof StaleConnection)) throw error;
      return this.send(target, { ...options, agent: false }, body, now);
    }
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private send(target: URL, options: RequestOptions, body: string, now: Date): Promise<HttpAnswer> {
    const plain = target.protocol !== 'https:';
    const agent = plain ? this.agents['http:'] : this.agents['https:'];
    return new Promise((resolve, reject) => {
      const request = (plain ? httpRequest : httpsRequest)(target, { agent, ...options });
      const deadline = setTimeout(() => request.destroy(Object.assign(new Error(`no answer within ${this.timeoutMs} ms`), { code: 'ETIMEDOUT' })), this.timeoutMs);
      request.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(deadline);
        reject(request.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection() : error);
      });
      request.on('response', (response) => {
        clearTimeout(deadline);
        void beginningOf(response).then((text) => resolve({ status: response.statusCode ?? 0, retryAfterMs: retryAfter(response.headers['retry-after'], now), text }));
      });
      request.end(body);
    });
  }
}

class StaleConnection extends Error {}

/** The beginning of a body. A connection whose body was not read to its end is not used again. */
function beginningOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    let ended = false;
    const end = (whole: boolean) => {
      if (ended) return;
      ended = true;
      clearTimeout(limit);
      if (!whole) response.destroy();
      resolve(Buffer.concat(parts).subarray(0, MOST_BODY_BYTES).toString('utf8'));
    };
    const limit = setTimeout(() => end(false), LONGEST_BODY_MS);
    response.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes > MOST_BODY_BYTES) end(false);
    });
    response.once('end', () => end(true)).once('error', () => end(false)).once('close', () => end(false));
  });
}

/** Seconds or a date (RFC 9110); undefined for anything else. */
function retryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now.getTime();
  return Number.isFinite(wait) && wait > 0 ? wait : undefined;
}
