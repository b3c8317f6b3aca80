/** What Keytrail says of what was presented. Only what the guard needs. */
export interface Introspection {
  active: boolean;
  reason?: string;
  key_id?: string;
  signing_key_id?: string;
  fingerprint?: string;
  workspace_id?: string;
  scope?: string;
  /** Unix seconds. */
  exp?: number;
}

export interface CacheLimits {
  answers: number;
  /** An answer is used for so long while the feed says that it is current. */
  maxAgeMs: number;
  /** And for so long while it does not. 0 = not at all. */
  maxAgeWithoutFeedMs: number;
}

interface Held {
  answer: Introspection;
  /** By the clock of `performance.now()`; from when it was asked for. */
  asked: number;
  keys: readonly string[];
}

/** Good answers by the digest of what was presented. Times are arguments: milliseconds of one steady clock. */
export class AnswerCache {
  private readonly held = new Map<string, Held>();
  private readonly byKey = new Map<string, Set<string>>();
  /** Goes up with every change: an answer that was on its way meanwhile may be older than the change. */
  private generation = 0;

  constructor(private readonly limits: CacheLimits) {}

  get size(): number {
    return this.held.size;
  }

  /** An answer that may still be used, or undefined. `wallMs` is the time of day. */
  get(digest: string, now: number, wallMs: number, feedIsCurrent: boolean): Introspection | undefined {
    const found = this.held.get(digest);
    if (found === undefined) return undefined;
    const age = now - found.asked;
    if (age < (feedIsCurrent ? this.limits.maxAgeMs : this.limits.maxAgeWithoutFeedMs) && (found.answer.exp ?? Infinity) * 1000 > wallMs) return found.answer;
    this.drop(digest);
    return undefined;
  }

  /** Call before asking Keytrail; give what it returns to {@link put}. */
  mark(): number {
    return this.generation;
  }

  /** Keeps a good answer, unless something changed since the question. Refusals are not kept: a key may become good at any time. */
  put(digest: string, answer: Introspection, asked: number, mark: number): void {
    if (!answer.active || mark !== this.generation) return;
    if (this.held.size >= this.limits.answers) this.drop(this.held.keys().next().value ?? '');
    const keys = [answer.key_id, answer.signing_key_id].filter((id) => id !== undefined);
    this.held.set(digest, { answer, asked, keys });
    for (const key of keys) this.byKey.set(key, (this.byKey.get(key) ?? new Set()).add(digest));
  }

  /** Something became of a key: what was said of it is forgotten. */
  forget(keyId: string): void {
    this.generation += 1;
    for (const digest of this.byKey.get(keyId) ?? []) this.drop(digest);
  }

  clear(): void {
    this.generation += 1;
    this.held.clear();
    this.byKey.clear();
  }

  private drop(digest: string): void {
    for (const key of this.held.get(digest)?.keys ?? []) {
      const digests = this.byKey.get(key);
      digests?.delete(digest);
      if (digests?.size === 0) this.byKey.delete(key);
    }
    this.held.delete(digest);
  }
}
