// Looked up once: in Jest's sandbox every use of a global is slow, and a history takes millions.
const { cos, exp, floor, imul, log, sqrt } = Math;

/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/** A 32-bit hash of text (FNV-1a with a final mix), to seed from names. */
export function hashText(value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i += 1) hash = imul(hash ^ value.charCodeAt(i), 0x01000193);
  return mixHash(hash, value.length);
}

/** A new hash of a hash and a whole number: one seed per key and minute, whatever was generated before it. */
export function mixHash(hash: number, value: number): number {
  let mixed = imul(hash ^ imul(value | 0, 0x9e3779b1), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** mulberry32: small, fast and good enough for traffic. Not for secrets. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = imul(state ^ (state >>> 15), state | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export function drawNormal(random: Random): number {
  return sqrt(-2 * log(1 - random())) * cos(2 * Math.PI * random());
}

/** Around `median`, long-tailed: latencies and sizes. */
export function drawLogNormal(random: Random, median: number, sigma: number): number {
  return median * exp(sigma * drawNormal(random));
}

/** Gamma with mean 1 and the given shape >= 1 (Marsaglia and Tsang). */
function drawGamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && log(1 - random()) < 0.5 * x * x + d - d * v + d * log(v)) return (d * v) / shape;
  }
}

/** Poisson by Knuth's product: means here are tens at most. */
export function drawPoisson(random: Random, mean: number): number {
  const limit = exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** Over-dispersed counts: variance is mean + mean² / dispersion. `dispersion` >= 1. */
export function drawNegativeBinomial(random: Random, mean: number, dispersion: number): number {
  return drawPoisson(random, mean * drawGamma(random, dispersion));
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[floor(random() * items.length)] as T;
}

export function pickWeighted<T extends { weight: number }>(random: Random, items: readonly T[]): T {
  let at = random() * items.reduce((sum, item) => sum + item.weight, 0);
  for (const item of items) {
    at -= item.weight;
    if (at < 0) return item;
  }
  return items[items.length - 1] as T;
}

/** `digits` lower-case hexadecimal digits. */
export function drawHex(random: Random, digits: number): string {
  let hex = '';
  while (hex.length < digits) hex += floor(random() * 0x1_0000_0000).toString(16).padStart(8, '0');
  return hex.slice(0, digits);
}

/** An id in the layout of a UUID that no other (when, index, who) shares, however many there are: draws alone repeat. */
export function uniqueId(random: Random, when: number, index: number, who: number): string {
  const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(digits, '0').slice(-digits);
  return `${hex(when, 8)}-${hex(index, 4)}-4${drawHex(random, 3)}-a${drawHex(random, 3)}-${hex(who, 8)}${drawHex(random, 4)}`;
}
