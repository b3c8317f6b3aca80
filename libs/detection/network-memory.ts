/** Pairs of key and network kept at most; beyond that the oldest are asked for again. */
const CAPACITY = 200_000;

/** Remembers which networks each key was met from, so that only new ones need a look into the store. */
export class NetworkMemory {
  private readonly pairs = new Set<string>();

  /** Whether any of the networks is new for the key. All of them are known afterwards. */
  meet(key: string, networks: Iterable<string>): boolean {
    let isNew = false;
    for (const network of networks) {
      const pair = `${key} ${network}`;
      if (this.pairs.has(pair)) continue;
      isNew = true;
      this.pairs.add(pair);
      if (this.pairs.size > CAPACITY) this.pairs.delete(this.pairs.values().next().value as string);
    }
    return isNew;
  }
}
