import { arrive } from './arrivals.js';
import { openScratch } from './scratch.js';

const KEYS_A_TICK = 50_000;

export interface OneShot {
  keys: number;
  /** Resident memory of the process with both stores in it, MB: when as many keys had come as memory holds, and at the end. */
  filled_mb: number;
  end_mb: number;
  us_per_key: number;
  keys_held: number;
}

/** Keys that are seen once each and never again: what they cost, and that memory does not grow with them. */
export async function measureOneShot(postgres: string, keys: number, say: (text: string) => void): Promise<OneShot> {
  const { detection, clickhouse, memory, close } = await openScratch(postgres);
  try {
    const start = Math.floor(Date.now() / 60_000) - Math.ceil(keys / KEYS_A_TICK) - 10;
    let cpuSeconds = 0;
    let filled = 0;
    let before = 0;
    for (let from = 0; from < keys; from += KEYS_A_TICK) {
      await arrive(clickhouse, start + from / KEYS_A_TICK, Math.min(KEYS_A_TICK, keys - from), from);
      const cpu = process.cpuUsage();
      await detection.tick();
      const { user, system } = process.cpuUsage(cpu);
      cpuSeconds += (user + system) / 1e6;
      if (memory.size === before && filled === 0) filled = residentMb();
      before = memory.size;
      say(`${from + KEYS_A_TICK} keys: ${residentMb()} MB, ${memory.size} keys held`);
    }
    return { keys, filled_mb: filled || residentMb(), end_mb: residentMb(), us_per_key: Number((1e6 * cpuSeconds / keys).toPrecision(3)), keys_held: memory.size };
  } finally {
    await close();
  }
}

const residentMb = (): number => Math.round(process.memoryUsage().rss / 1e6);
