import { setTimeout as delay } from 'node:timers/promises';
import type { Line, LogTopic } from './topic.js';

const PER_MINUTE = 10;
const RISE = 10;
const BACKGROUND_KEYS = 200;
/** Every key starts to rise within this time, each at a moment of its own. */
const RISES_WITHIN_MS = 60_000;
const STEP_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Ordinary traffic of keys that will rise, and of others that only keep Keytrail busy. */
export class Traffic {
  readonly spikingKeys: readonly string[];
  private running = false;

  constructor(private readonly topic: LogTopic, keys: number, private readonly backgroundPerSecond: number) {
    this.spikingKeys = Array.from({ length: keys }, (_, index) => `orders-${index}`);
  }

  /** So many hours of it, up to `now`. */
  async sendHistory(now: number, hours: number): Promise<void> {
    for (let hour = hours; hour >= 1; hour -= 1) {
      const from = now - hour * HOUR_MS;
      await this.topic.send(this.spikingKeys.flatMap((key) => this.linesOf(key, from, HOUR_MS, PER_MINUTE)).sort((a, b) => a.time - b.time));
    }
  }

  /** Goes on until it is stopped; notes when each key began to rise. */
  async run(started: Map<string, number>): Promise<void> {
    this.running = true;
    const begin = Date.now();
    const rises = this.spikingKeys.map((key, index) => ({ key, at: begin + RISES_WITHIN_MS * index / this.spikingKeys.length }));
    for (let from = begin; this.running; from += STEP_MS) {
      await delay(Math.max(0, from + STEP_MS - Date.now()));
      const lines = rises.flatMap(({ key, at }) => this.linesOf(key, from, STEP_MS, from >= at ? PER_MINUTE * RISE : PER_MINUTE));
      for (const { key, at } of rises) if (from >= at && !started.has(`rate-spike ${key}`)) started.set(`rate-spike ${key}`, from);
      await this.topic.send([...lines, ...this.background(from)].sort((a, b) => a.time - b.time));
    }
  }

  async stop(running: Promise<void>): Promise<void> {
    this.running = false;
    await running;
  }

  private background(from: number): Line[] {
    return Array.from({ length: Math.round(this.backgroundPerSecond * STEP_MS / 1000) }, (_, index) => {
      const key = Math.floor(Math.random() * BACKGROUND_KEYS);
      return { time: from + index % STEP_MS, key_id: `other-${key}`, address: `10.1.${key}.1` };
    });
  }

  private linesOf(key: string, from: number, length: number, perMinute: number): Line[] {
    return Array.from({ length: poisson(perMinute * length / MINUTE_MS) }, () => Math.floor(Math.random() * length)).sort((a, b) => a - b)
      .map((offset) => ({ time: from + offset, key_id: key, address: '10.2.0.1' }));
  }
}

/** How many events come where `mean` are expected. */
function poisson(mean: number): number {
  let count = -1;
  for (let waited = 0; waited < mean; waited -= Math.log(1 - Math.random())) count += 1;
  return Math.max(0, count);
}
