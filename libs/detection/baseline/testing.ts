/** Seeded traffic for specs. `nightly`: flat, with a job of two minutes at 02:00. */
export type Shape = 'flat' | 'daily' | 'office' | 'cron' | 'nightly';

export const WEEK = 7 * 24 * 60;
/** Epoch minute at which a Monday begins. */
export const MONDAY = Date.UTC(2026, 0, 5) / 60_000;

/** Uniform in [0, 1), by seed (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The mean of a shape at an epoch minute, for a mean rate near 1 (cron: of the whole hour). */
export function shapeAt(shape: Shape, minute: number): number {
  const hour = (minute / 60) % 24;
  const day = Math.floor((minute - MONDAY) / 1440) % 7;
  switch (shape) {
    case 'flat': return 1;
    case 'daily': return 1 + 0.7 * Math.sin(2 * Math.PI * (hour - 9) / 24);
    case 'office': return day < 5 && hour >= 8 && hour < 18 ? 3 : 0.1;
    case 'cron': return minute % 60 === 0 ? 40 : minute % 15 === 0 ? 5 : 0.1;
    case 'nightly': return minute % 1440 < 122 && minute % 1440 >= 120 ? 60 : 1;
  }
}

/** Over-dispersed counts: each minute's mean scatters by a gamma of shape `k`; Infinity is Poisson. */
export function count(random: () => number, mean: number, k = Infinity): number {
  return poisson(random, k === Infinity ? mean : mean * gamma(random, k) / k);
}

function poisson(random: () => number, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let product = random();
  let n = 0;
  for (; product > limit; n += 1) product *= random();
  return n;
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Marsaglia and Tsang, for shapes from 1 on. */
function gamma(random: () => number, shape: number): number {
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
