/** What a phase reports: a process of its own, so that memory and CPU are its alone. */
export interface Measured {
  rows: number;
  seconds: number;
  cpuSeconds: number;
  /** MB (10^6 bytes), the most at any time. */
  peakRssMb: number;
  /** CPU seconds of each million rows, in order. */
  cpuByMillion?: number[];
  /** Bytes on disk at the end, by table. */
  bytesByTable?: Record<string, number>;
}

/** Runs work and measures it. `progress` is told how many rows are done, and notes the CPU at every million. */
export async function measure(rows: number, work: (progress: (done: number) => void) => Promise<void>): Promise<Measured> {
  const cpuStart = cpuSeconds();
  const start = performance.now();
  const cpuByMillion: number[] = [];
  let noted = cpuStart;
  await work((done) => {
    while (cpuByMillion.length < Math.floor(done / 1_000_000)) {
      const now = cpuSeconds();
      cpuByMillion.push(now - noted);
      noted = now;
    }
  });
  return {
    rows, seconds: (performance.now() - start) / 1000, cpuSeconds: cpuSeconds() - cpuStart,
    // In KiB, whatever the platform.
    peakRssMb: process.resourceUsage().maxRSS * 1024 / 1e6, cpuByMillion,
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
