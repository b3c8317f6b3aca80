/** Pairs of key and network kept at most; beyond that the oldest are looked up again. */
const CAPACITY = 200_000;

/** Remembers when each key was first met from each network, so that only new ones need a look into the store. Epoch milliseconds. */
export class NetworkMemory {
  private readonly pairs = new Map<string, number>();

  firstSeen(key: string, network: string): number | undefined {
    return this.pairs.get(`${key} ${network}`);
  }

  learn(key: string, network: string, firstSeen: number): void {
    const pair = `${key} ${network}`;
    this.pairs.set(pair, Math.min(firstSeen, this.pairs.get(pair) ?? Infinity));
    if (this.pairs.size > CAPACITY) this.pairs.delete(this.pairs.keys().next().value as string);
  }
}
