import type { KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '@keytrail/platform';
import { readKeyList } from './github-signature.js';
import { LeakSettings } from './leaks.settings.js';

/** A list is asked for again after this long, */
const FRESH_MS = 3_600_000;
/** serves when that fails for as long as this, */
const STALE_MS = 24 * FRESH_MS;
/** and is asked for no more often than this: unknown identifiers cost the sender nothing. GitHub allows 60 requests an hour to those without a token. */
const COOL_DOWN_MS = 120_000;
const MOST_BYTES = 256 * 1024;

/** The key, that there is none of this name, or how many seconds to wait until that can be told. */
export type KeyVerdict = { key: KeyObject } | { unknown: true } | { undecided: number };

/** GitHub's public keys, fetched from the address that is configured and from no other. */
@Injectable()
export class GithubKeyList {
  private readonly logger = new Logger('leaks');
  private keys: ReadonlyMap<string, KeyObject> = new Map();
  private fetchedAt = -Infinity;
  private triedAt = -Infinity;
  private fetching: Promise<void> | undefined;

  constructor(private readonly settings: LeakSettings, private readonly clock: Clock) {}

  async find(identifier: string): Promise<KeyVerdict> {
    const asksNow = !this.isFresh() || !this.keys.has(identifier) ? await this.ask() : false;
    const key = this.age() > STALE_MS ? undefined : this.keys.get(identifier);
    if (key !== undefined) return { key };
    // That it is not in a list of long ago says nothing.
    return asksNow && this.isFresh() ? { unknown: true } : { undecided: Math.max(1, Math.ceil((this.triedAt + COOL_DOWN_MS - this.clock.now()) / 1_000)) };
  }

  private age(): number {
    return this.clock.now() - this.fetchedAt;
  }

  private isFresh(): boolean {
    return this.age() <= FRESH_MS;
  }

  /** Whether the list was asked for just now. Those who come while it is under way share the answer. */
  private async ask(): Promise<boolean> {
    const { githubKeysUrl: url } = this.settings;
    if (url === undefined) return false;
    if (this.fetching === undefined) {
      if (this.clock.now() - this.triedAt < COOL_DOWN_MS) return false;
      this.triedAt = this.clock.now();
      this.fetching = this.fetch(url).catch((error: unknown) => {
        this.logger.warn(`GitHub's public keys could not be had: ${reasonOf(error)}`);
      }).finally(() => {
        this.fetching = undefined;
      });
    }
    await this.fetching;
    return true;
  }

  private async fetch(url: string): Promise<void> {
    const response = await fetch(url, {
      redirect: 'error', signal: AbortSignal.timeout(this.settings.fetchTimeoutMs), headers: { accept: 'application/json', 'user-agent': 'keytrail' },
    });
    try {
      if (response.status !== 200) throw new Error(`the answer was ${response.status}`);
      const keys = readKeyList(await bodyOf(response));
      if (keys === undefined) throw new Error('the answer is no list of P-256 keys');
      this.keys = keys;
      this.fetchedAt = this.clock.now();
    } finally {
      if (!response.bodyUsed) await response.body?.cancel();
    }
  }
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};
