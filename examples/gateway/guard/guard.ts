import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AnswerCache, type CacheLimits, type Introspection } from './answer-cache.js';
import { Feed, type FeedOptions } from './feed.js';

export interface GuardOptions extends Partial<CacheLimits>, Pick<FeedOptions, 'silenceMs' | 'retryMs'> {
  /** Keytrail. */
  url: string;
  /** An access token of the role `gateway`. */
  token: string;
  /** The workspace this gateway serves. */
  workspace?: string;
  /** The scope a request needs; undefined = none. */
  scopeOf?: (request: FastifyRequest) => string | undefined;
  /** Milliseconds to wait for Keytrail. Default 2,000. */
  timeoutMs?: number;
}

/** What a client presents: a bearer key, or the id of a public key with the token of its user. */
type Presented = { token: string } | { public_key: string; user_token?: string; tenant?: string };

const FORBIDDEN = new Set(['workspace_mismatch', 'insufficient_scope', 'tenant_mismatch']);

/** Asks Keytrail whether a request may pass, remembers the answer, and forgets it when the key is revoked. Fails closed. */
export class Guard {
  private readonly cache: AnswerCache;
  private readonly feed: Feed;
  readonly counts = { asked: 0, from_cache: 0 };

  constructor(private readonly options: GuardOptions) {
    const { answers = 50_000, maxAgeMs = 60_000, maxAgeWithoutFeedMs = 500 } = options;
    this.cache = new AnswerCache({ answers, maxAgeMs, maxAgeWithoutFeedMs });
    this.feed = new Feed({ ...options, onKey: (keyId) => this.cache.forget(keyId), onGap: () => this.cache.clear() });
  }

  /** Whether the guard hears of revocations as they happen; while it does not, it asks nearly every time. */
  get hearsRevocations(): boolean {
    return this.feed.isCurrent();
  }

  async check(presented: Presented, scope?: string): Promise<Introspection> {
    const { workspace, url, token, timeoutMs = 2_000 } = this.options;
    const question = JSON.stringify({ ...presented, ...(workspace !== undefined && { workspace }), ...(scope !== undefined && { scope }) });
    // Keys do not stay in memory: only what they come to.
    const digest = createHash('sha256').update(question).digest('base64');
    const asked = performance.now();
    const known = this.cache.get(digest, asked, Date.now(), this.feed.isCurrent());
    if (known !== undefined) {
      this.counts.from_cache += 1;
      return known;
    }
    const mark = this.cache.mark();
    this.counts.asked += 1;
    const answer = await fetch(`${url}/v1/introspect`, {
      method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: question, redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    // 400: it does not even fit the question, such as a key of ten thousand characters.
    if (answer.status === 400) return { active: false, reason: 'malformed' };
    if (!answer.ok) throw new Error(`Keytrail answered ${answer.status}`);
    const introspection = await answer.json() as Introspection;
    this.cache.put(digest, introspection, asked, mark);
    return introspection;
  }

  close(): Promise<void> {
    return this.feed.close();
  }
}

const known = new WeakMap<FastifyRequest, Introspection>();

/** What Keytrail said of the key of a request. */
export const introspectionOf = (request: FastifyRequest): Introspection | undefined => known.get(request);

/** Lets requests through whose key is good. 401 and 403 say why not; 503 = Keytrail does not answer, and nobody is let through. */
export function guardRoutes(server: FastifyInstance, { guard, scopeOf }: { guard: Guard } & Pick<GuardOptions, 'scopeOf'>): void {
  server.addHook('onRequest', async (request, reply) => {
    const presented = presentedIn(request);
    if (presented === undefined) return refuse(reply, 401, 'no_key');
    let answer: Introspection;
    try {
      answer = await guard.check(presented, scopeOf?.(request));
    } catch (error) {
      request.log.error(error, 'Keytrail cannot be asked');
      return refuse(reply.header('retry-after', '1'), 503, 'cannot_tell');
    }
    known.set(request, answer);
    if (!answer.active) return refuse(reply, FORBIDDEN.has(answer.reason ?? '') ? 403 : 401, answer.reason ?? 'refused');
    return undefined;
  });
}

const refuse = (reply: FastifyReply, status: number, error: string) => reply.status(status).send({ error });

const one = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header) || undefined;

function presentedIn({ headers }: FastifyRequest): Presented | undefined {
  const publicKey = one(headers['x-public-key']);
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const tenant = one(headers['x-tenant']);
  if (publicKey !== undefined) return { public_key: publicKey, ...(bearer !== undefined && { user_token: bearer }), ...(tenant !== undefined && { tenant }) };
  const token = bearer ?? one(headers['x-api-key']);
  return token === undefined ? undefined : { token };
}
