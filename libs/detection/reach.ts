import { BLOCK_MINUTES, emptyGauge, isAlarm, learnBlock, readGauge, type Gauge } from './baseline/gauge.js';
import { networkOf } from './rules/network.js';
import type { CallerActivity } from './types.js';

/** Bits by which addresses of a block are told apart, 32 in a number. */
const BITS = 512;
/** Less is never worth telling: addresses, and bytes, in a block; and times the usual. */
const LEAST = { addresses: 10, bytes: 10_000_000, times: 3 };

/** From how many addresses a key is used and how many bytes it is answered with, in blocks of a quarter of an hour. */
export interface Reach {
  /** The open block, in blocks since 1970; -1 before the first. */
  block: number;
  /** Addresses seen in it, by hash, and bytes. */
  bits: number[];
  bytes: number;
  addresses: Gauge;
  volume: Gauge;
  /** The last block that was told of, by kind; -1: none. */
  told: [addresses: number, bytes: number];
}

/** An open block with far more than is usual. The numbers are those of the block so far. */
export interface ReachAlarm {
  kind: 'addresses' | 'bytes';
  /** The last minute of what was seen, and how many there are in the block up to it. */
  minute: number;
  window_minutes: number;
  seen: number;
  expected: number;
  score: number;
}

export const emptyReach = (): Reach => ({
  block: -1, bits: new Array<number>(BITS / 32).fill(0), bytes: 0, addresses: emptyGauge(), volume: emptyGauge(), told: [-1, -1],
});

/** Takes in what a key did since the last tick; what comes after its block was closed is left out. The state is changed in place. */
export function watchReach(reach: Reach, activity: readonly CallerActivity[]): ReachAlarm[] {
  let alarms: ReachAlarm[] = NONE;
  let from = 0;
  for (let index = 0; index < activity.length; index += 1) {
    const { minute, address, bytes_out } = activity[index]!;
    const block = Math.floor(minute / BLOCK_MINUTES);
    if (block < reach.block) continue;
    if (block > reach.block) {
      alarms = judged(reach, activity, from, index, alarms);
      closeBlock(reach, block);
      from = index;
    }
    if (address !== '') setBit(reach.bits, hashOf(address.includes(':') ? networkOf(address) : address));
    if (bytes_out > 0) reach.bytes += bytes_out;
  }
  return judged(reach, activity, from, activity.length, alarms);
}

const NONE: ReachAlarm[] = [];

/** Judges the open block after what came from one place to another. */
function judged(reach: Reach, activity: readonly CallerActivity[], from: number, to: number, before: ReachAlarm[]): ReachAlarm[] {
  if (reach.block < 0 || from === to) return before;
  let latest = -Infinity;
  for (let index = from; index < to; index += 1) latest = Math.max(latest, activity[index]!.minute);
  const alarms = [alarmOf(reach, 'addresses', latest, countOf(reach.bits)), alarmOf(reach, 'bytes', latest, reach.bytes)].filter((alarm) => alarm !== null);
  return alarms.length === 0 ? before : [...before, ...alarms];
}

function alarmOf(reach: Reach, kind: ReachAlarm['kind'], minute: number, seen: number): ReachAlarm | null {
  if (seen < LEAST[kind]) return null;
  const gauge = kind === 'addresses' ? reach.addresses : reach.volume;
  const { usual, score } = readGauge(gauge, minute, seen);
  if (seen < LEAST.times * usual || !isAlarm(gauge, score)) return null;
  const which = kind === 'addresses' ? 0 : 1;
  if (reach.told[which] < reach.block - 1) gauge.unrest += 1;
  reach.told[which] = reach.block;
  return { kind, minute, window_minutes: minute - reach.block * BLOCK_MINUTES + 1, seen: Math.round(seen), expected: usual, score };
}

function closeBlock(reach: Reach, next: number): void {
  if (reach.block >= 0) {
    const hours = Math.floor(next * BLOCK_MINUTES / 60) - Math.floor(reach.block * BLOCK_MINUTES / 60);
    learn(reach, 0, reach.addresses, countOf(reach.bits), hours);
    learn(reach, 1, reach.volume, reach.bytes, hours);
  }
  reach.block = next;
  reach.bits.fill(0);
  reach.bytes = 0;
}

function learn(reach: Reach, kind: 0 | 1, gauge: Gauge, value: number, hours: number): void {
  if (value <= 0) return;
  learnBlock(gauge, reach.block * BLOCK_MINUTES, value, hours, reach.told[kind] === reach.block);
}

function setBit(bits: number[], hash: number): void {
  const bit = hash % BITS;
  bits[bit >>> 5] = (bits[bit >>> 5]! | (1 << (bit & 31))) >>> 0;
}

/** By how many bits are free: linear counting, within a few per cent as long as some are. */
function countOf(bits: readonly number[]): number {
  let free = 0;
  for (let index = 0; index < bits.length; index += 1) {
    if (bits[index] === 0) free += 32;
    else for (let rest = ~bits[index]! >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) free += 1;
  }
  return free === BITS ? 0 : BITS * Math.log(BITS / Math.max(1, free));
}

/** FNV-1a, mixed once more so that low bits differ too. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
