import { createHmac } from 'node:crypto';

/** Ways to hurt a collector, each ending with everything up again. */
export const faultKinds = [
  'kill -9', 'kill -9 after an insert', 'SIGTERM', 'SIGSTOP', 'broker restart', 'ClickHouse gone', 'Postgres gone', 'rebalance',
] as const;
export type Fault = (typeof faultKinds)[number];

/** Numbers from 0 to below 1 that a seed can give again. */
export type Random = () => number;

export function randomOf(seed: string): Random {
  let count = 0;
  return () => {
    count += 1;
    return createHmac('sha256', seed).update(String(count)).digest().readUIntBE(0, 6) / 2 ** 48;
  };
}

/** So many faults in random order: each kind in turn, and from the second turn on more plain kills. */
export function planFaults(kinds: readonly Fault[], count: number, random: Random): Fault[] {
  const plan = shuffled(kinds, random);
  while (plan.length < count) plan.push(...shuffled([...kinds, 'kill -9', 'kill -9'], random));
  return plan.slice(0, count);
}

function shuffled(kinds: readonly Fault[], random: Random): Fault[] {
  return kinds.map((kind) => ({ kind, place: random() })).sort((one, other) => one.place - other.place).map(({ kind }) => kind);
}
