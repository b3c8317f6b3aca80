/** Seeded chance, apart from that of the specs. */
export interface Chance {
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
  /** Mean 1, variance 1/shape. */
  gamma(shape: number): number;
  pick<T>(items: readonly T[]): T;
  between(low: number, high: number): number;
}

/** xorshift128+, seeded by splitmix32. */
export function chance(seed: number): Chance {
  let mixed = seed >>> 0;
  const mix = (): number => {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [mix(), mix(), mix(), mix() | 1];
  const uniform = (): number => {
    const t = b << 9;
    let r = Math.imul(a, 5);
    r = Math.imul((r << 7) | (r >>> 25), 9);
    c ^= a; d ^= b; b ^= c; a ^= d; c ^= t;
    d = (d << 11) | (d >>> 21);
    return (r >>> 0) / 4294967296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const gammaOf = (shape: number): number => {
    if (shape < 1) return gammaOf(shape + 1) * (1 - uniform()) ** (1 / shape);
    const d0 = shape - 1 / 3;
    for (;;) {
      const x = normal();
      const v = (1 + x / Math.sqrt(9 * d0)) ** 3;
      if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d0 - d0 * v + d0 * Math.log(v)) return d0 * v;
    }
  };
  const poisson = (mean: number): number => {
    if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    if (!(mean > 0)) return 0;
    const limit = Math.exp(-mean);
    let product = uniform();
    let n = 0;
    for (; product > limit; n += 1) product *= uniform();
    return n;
  };
  return {
    uniform, normal, poisson, gamma: (shape) => gammaOf(shape) / shape,
    pick: (items) => items[Math.floor(uniform() * items.length)]!,
    between: (low, high) => low + (high - low) * uniform(),
  };
}
