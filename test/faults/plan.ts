import { createHmac } from 'node:crypto';

/** Ways to hurt a collector, each ending with everything up again. */
export const faultKinds = [
  'kill -9', 'kill -9 after an insert', 'SIGTERM', 'SIGSTOP', 'broker restart', 'ClickHouse gone', 'Postgres gone', 'ClickHouse killed',
  'Postgres killed', 'rebalance',
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

/** The hardest on a collector: a campaign of few faults has these. */
const FIRST: readonly Fault[] = ['kill -9', 'kill -9 after an insert'];

/** So many faults: kills first, then the other kinds in random order, and from the second turn on each kind in turn with more plain kills. */
export function planFaults(kinds: readonly Fault[], count: number, random: Random): Fault[] {
  const plan = [...FIRST.filter((kind) => kinds.includes(kind)), ...shuffled(kinds.filter((kind) => !FIRST.includes(kind)), random)];
  while (plan.length < count) plan.push(...shuffled([...kinds, 'kill -9', 'kill -9'], random));
  return plan.slice(0, count);
}

function shuffled(kinds: readonly Fault[], random: Random): Fault[] {
  return kinds.map((kind) => ({ kind, place: random() })).sort((one, other) => one.place - other.place).map(({ kind }) => kind);
}
