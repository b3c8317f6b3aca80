interface Waiting<V> {
  answer: Promise<V | undefined>;
  resolve(value: V | undefined): void;
  reject(error: unknown): void;
}

/**
 * Many reads through one: while a batch is on its way, what is asked gathers for the next. Whoever asks is answered by a read that began
 * after they asked, and so sees all that was committed before; under load there are fewer reads, not more waiting.
 */
export class NextBatch<K, V> {
  private waiting = new Map<K, Waiting<V>>();
  private running = false;

  /** `read` answers for the keys it finds; it is never asked for more than `most` at a time. */
  constructor(private readonly read: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>, private readonly most = 1_000) {}

  /** The value of a key; undefined when the read did not find it. Rejects when the read failed. */
  load(key: K): Promise<V | undefined> {
    const same = this.waiting.get(key);
    if (same !== undefined) return same.answer;
    const { promise, resolve, reject } = newPromise<V | undefined>();
    this.waiting.set(key, { answer: promise, resolve, reject });
    if (!this.running) void this.run();
    return promise;
  }

  private async run(): Promise<void> {
    this.running = true;
    // What is asked in the same turn goes together.
    await Promise.resolve();
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, this.most);
      for (const [key] of batch) this.waiting.delete(key);
      try {
        const found = await this.read(batch.map(([key]) => key));
        for (const [key, one] of batch) one.resolve(found.get(key));
      } catch (error) {
        for (const [, one] of batch) one.reject(error);
      }
    }
    this.running = false;
  }
}

function newPromise<V>() {
  let resolve!: (value: V) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<V>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
