/** Values that are remembered of a field; one that collides takes the place of another. */
const PLACES_BITS = 11;
const MOST_CHARACTERS = 256;

/** Knows again, by their bytes, values that came before: the same string for the same bytes, made once. Bounded; ASCII only. */
export class ValueMemory {
  private readonly texts: (string | undefined)[] = new Array<undefined>(1 << PLACES_BITS).fill(undefined);

  /** The remembered text that the bytes are, if any. `hash` is any number that depends on these bytes alone. */
  find(bytes: Uint8Array, from: number, to: number, hash: number): string | undefined {
    const text = this.texts[placeOf(hash)];
    if (text === undefined || text.length !== to - from) return undefined;
    for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) !== bytes[from + at]) return undefined;
    return text;
  }

  keep(text: string, hash: number): void {
    if (text.length <= MOST_CHARACTERS) this.texts[placeOf(hash)] = text;
  }
}

/** Fibonacci hashing (Knuth, TAOCP 6.4): the upper bits of a product depend on every bit. */
const placeOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - PLACES_BITS);
