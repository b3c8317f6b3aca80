import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LogSource, PATIENCE, type SourceHealth } from '@keytrail/kafka';
import { BackgroundLogSource } from './background-log-source.service.js';

const isJoined = (): SourceHealth => ({ joined: true, since: performance.now(), partitions: 3, heardAt: performance.now(), takingSince: null, ended: null });

class FakeSource extends LogSource {
  starts = 0;
  stops = 0;
  now: () => SourceHealth = isJoined;
  stopping: Promise<void> = Promise.resolve();

  override async start() {
    this.starts += 1;
  }

  override async stop() {
    this.stops += 1;
    await this.stopping;
  }

  override health() {
    return this.now();
  }
}

const take = async () => undefined as never;
const soon = { firstMs: 1, longestMs: 2, lookMs: 1, leaveMs: 1 };
const never = new Promise<never>(() => undefined);
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a source that is started in the background', () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void lines.push(`${level}: ${String(line)}`));
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('keeps nobody waiting, tells each failed try in one line, and starts once what it needs is there', async () => {
    const inner = new FakeSource();
    let tries = 0;
    const source = new BackgroundLogSource(inner, async () => {
      tries += 1;
      if (tries < 4) throw new Error('no broker');
    }, soon);
    await source.start(take);
    expect([source.isReading, inner.starts]).toEqual([false, 0]);
    await until(() => lines.some((line) => line.startsWith('log')));
    expect([tries, inner.starts, source.isReading]).toEqual([4, 1, true]);
    expect(lines).toEqual([...[1, 2, 2].map((wait) => `warn: the brokers cannot be reached, trying again in ${wait} ms: no broker`), 'log: reading 3 partitions']);
    await source.stop();
    expect(inner.stops).toBe(1);
  });

  it('does not say that it reads before it is a member of its group, nor after it lost the brokers', async () => {
    const inner = new FakeSource();
    inner.now = () => ({ ...isJoined(), joined: false });
    const source = new BackgroundLogSource(inner, async () => undefined, soon);
    await source.start(take);
    await until(() => inner.starts === 1);
    expect(source.isReading).toBe(false);
    inner.now = isJoined;
    await until(() => lines.length === 1);
    inner.now = () => ({ ...isJoined(), since: performance.now() - 60_000, heardAt: performance.now() - PATIENCE.reading - 1 });
    await until(() => lines.length === 2);
    expect(source.isReading).toBe(false);
    expect(lines).toEqual(['log: reading 3 partitions', expect.stringMatching(/^warn: not reading/)]);
    expect(inner.starts).toBe(1);
    await source.stop();
  });

  it('starts anew and tells of it when the source ended by itself, though the old one never lets go', async () => {
    const inner = new FakeSource();
    inner.stopping = never;
    inner.now = () => ({ ...isJoined(), ended: inner.starts === 1 ? 'unknown topic' : null });
    const stalls: string[] = [];
    const source = new BackgroundLogSource(inner, async () => undefined, soon);
    source.onStall((stall) => stalls.push(stall));
    await source.start(take);
    await until(() => inner.starts === 2 && source.isReading);
    expect(stalls).toEqual(['ended']);
    expect(lines[0]).toBe('error: reading stalled (ended): it ended by itself; starting anew');
    // Nor does the new one, and a stop ends all the same.
    await source.stop();
  });

  it('tries again when the source cannot start', async () => {
    const inner = new FakeSource();
    jest.spyOn(inner, 'start').mockRejectedValueOnce(new Error('no coordinator'));
    const source = new BackgroundLogSource(inner, async () => undefined, soon);
    await source.start(take);
    await until(() => inner.starts === 1 && source.isReading);
    expect(lines).toContain('warn: the brokers cannot be reached, trying again in 1 ms: no coordinator');
    await source.stop();
  });

  it('stops at once while a try never ends, and does not start after all', async () => {
    const inner = new FakeSource();
    let letGo = () => undefined as void;
    const source = new BackgroundLogSource(inner, () => new Promise((resolve) => {
      letGo = resolve;
    }), soon);
    await source.start(take);
    await source.stop();
    letGo();
    await new Promise((resolve) => setImmediate(resolve));
    expect([source.isReading, inner.starts, inner.stops]).toEqual([false, 0, 0]);
  });

  it('stops at once between two tries', async () => {
    const source = new BackgroundLogSource(new FakeSource(), async () => {
      throw new Error('no broker');
    }, { firstMs: 3_600_000, longestMs: 3_600_000 });
    await source.start(take);
    await until(() => lines.length === 1);
    await source.stop();
    expect(lines).toHaveLength(1);
  });
});
