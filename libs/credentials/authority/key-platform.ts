import { setTimeout as delay } from 'node:timers/promises';
import { RemoteKey, RemoteKeyPage } from '@keytrail/contracts';
import type { KeyPlatformSettings } from '@keytrail/platform';
import { PlatformFailure, failureOfConnection, failureOfStatus, isWorthRepeating } from './platform-failure.js';

const MOST_BYTES = 4 * 1024 * 1024;
const PAGE = 500;
const MOST_PAGES = 400;
/** Of calls that change nothing twice. */
const MOST_TRIES = 3;
const FIRST_PAUSE_MS = 100;

/** What a new key, or a change of one, is asked for with. */
export interface RemoteKeyBody {
  name?: string; owner?: string; workspace?: string; environment?: string; service?: string; scopes?: string[]; expires_at?: string | null;
  metadata?: Record<string, string>;
}

interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Behind `/v1/api-keys`. */
  path: string;
  body?: RemoteKeyBody;
  idempotencyKey?: string;
  repeatable: boolean;
}

/**
 * A platform that keeps API keys, over HTTP. Every call ends within its time, an answer is read up to 4 MiB, and no redirection is followed,
 * for the token goes to one place only. Throws {@link PlatformFailure}.
 */
export class KeyPlatform {
  readonly #token: string;
  readonly #keys: string;

  constructor(readonly settings: Omit<KeyPlatformSettings, 'token'>, token: string) {
    this.#token = token;
    this.#keys = `${settings.url.replace(/\/+$/, '')}/v1/api-keys`;
  }

  /** Undefined when the platform knows no such key. */
  async find(id: string): Promise<RemoteKey | undefined> {
    try {
      return readKey(await this.call({ method: 'GET', path: `/${encodeURIComponent(id)}`, repeatable: true }));
    } catch (error) {
      if (error instanceof PlatformFailure && error.reason === 'not_found') return undefined;
      throw error;
    }
  }

  /** All keys, page by page. Ends with a failure when they are more than are read: whoever looks for one must not think it is not there. */
  async* pages(): AsyncGenerator<RemoteKeyPage> {
    let cursor: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor !== null && { cursor }) });
      const read = RemoteKeyPage.safeParse(parse(await this.call({ method: 'GET', path: `?${query.toString()}`, repeatable: true })));
      if (!read.success) throw new PlatformFailure('answer_not_understood', 'none', true);
      yield read.data;
      if (read.data.cursor === null) return;
      // A platform that gives out the same page for ever would be read for ever.
      if (read.data.cursor === cursor) throw new PlatformFailure('answer_not_understood', 'none', true);
      ({ cursor } = read.data);
    }
    throw new PlatformFailure('too_many_keys', 'none', true);
  }

  /** Never repeated by itself: a platform may ignore the Idempotency-Key. */
  async create(body: RemoteKeyBody, idempotencyKey: string): Promise<RemoteKey> {
    return readKey(await this.call({ method: 'POST', path: '', body, idempotencyKey, repeatable: false }));
  }

  async change(id: string, body: RemoteKeyBody): Promise<RemoteKey> {
    const answer = await this.call({ method: 'PATCH', path: `/${encodeURIComponent(id)}`, body, repeatable: false });
    const changed = RemoteKey.safeParse(tryParse(answer));
    // What the platform made of it is what counts.
    const key = changed.success && changed.data.id === id ? changed.data : await this.find(id);
    if (key === undefined) throw new PlatformFailure('not_found', 'none', true);
    return key;
  }

  /**
   * Revokes a key and makes sure of it: the platform must say that the key is dead, or not know it any more. That it is unknown by its id
   * is not believed alone, for a wrong address knows no key either.
   */
  async revoke(id: string): Promise<void> {
    try {
      await this.call({ method: 'DELETE', path: `/${encodeURIComponent(id)}`, repeatable: true });
    } catch (error) {
      // Gone, or in a state that cannot be revoked: what follows tells.
      if (!(error instanceof PlatformFailure) || (error.reason !== 'not_found' && error.reason !== 'refused')) throw error;
      if (await this.lives(id)) throw error.reason === 'refused' ? error : new PlatformFailure('not_revoked', 'none', true);
      return;
    }
    const lives = await this.lives(id).catch((error: unknown) => {
      throw error instanceof PlatformFailure ? error.inDoubt() : error;
    });
    if (lives) throw new PlatformFailure('not_revoked', 'unknown', true);
  }

  /** The key with this marker; where a name was made for it alone, also by that, for a platform may forget the marker. */
  async lookFor(marker: string, name?: string): Promise<RemoteKey | undefined> {
    for await (const { keys } of this.pages()) {
      const found = keys.find((key) => key.metadata['keytrail'] === marker || (name !== undefined && key.name === name));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private async lives(id: string): Promise<boolean> {
    const key = await this.find(id);
    return key === undefined ? this.lists(id) : !key.dead;
  }

  /** Whether the platform lists a key that lives. */
  private async lists(id: string): Promise<boolean> {
    for await (const { keys } of this.pages()) {
      const found = keys.find((key) => key.id === id);
      if (found !== undefined) return !found.dead;
    }
    return false;
  }

  private async call(call: Call): Promise<string> {
    let doubt = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.callOnce(call);
      } catch (error) {
        if (!(error instanceof PlatformFailure)) throw error;
        doubt ||= error.effect === 'unknown';
        if (!call.repeatable || tries === MOST_TRIES || !isWorthRepeating(error)) throw doubt ? error.inDoubt() : error;
        await delay(FIRST_PAUSE_MS * 2 ** (tries - 1));
      }
    }
  }

  private async callOnce({ method, path, body, idempotencyKey }: Call): Promise<string> {
    const signal = AbortSignal.timeout(this.settings.timeoutMs);
    let response: Response;
    try {
      response = await fetch(`${this.#keys}${path}`, {
        method, signal, redirect: 'manual', ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: {
          'authorization': `Bearer ${this.#token}`, 'accept': 'application/json', 'accept-encoding': 'identity', 'user-agent': 'keytrail',
          ...(body !== undefined && { 'content-type': 'application/json' }), ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
      });
    } catch (error) {
      throw failureOfConnection(error);
    }
    if (!response.ok) {
      await response.body?.cancel().catch(() => undefined);
      throw failureOfStatus(response.status);
    }
    return readBody(response);
  }
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new PlatformFailure('answer_too_large', 'unknown', true);
      chunks.push(chunk);
    }
  } catch (error) {
    // Its status was a success: the work is done, and what came of it is lost.
    throw error instanceof PlatformFailure ? error : failureOfConnection(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  const value = tryParse(text);
  if (value === undefined) throw new PlatformFailure('answer_not_understood', 'unknown', true);
  return value;
}

function readKey(text: string): RemoteKey {
  const read = RemoteKey.safeParse(parse(text));
  if (!read.success) throw new PlatformFailure('answer_not_understood', 'unknown', true);
  return read.data;
}
