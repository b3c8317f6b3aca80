import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { RecurringJob } from './recurring-job.js';

class Job extends RecurringJob {
  runs = 0;
  end: () => void = () => undefined;
  fail: () => void = () => undefined;

  constructor(intervalMs: number) {
    super('job', intervalMs, { addInterval: () => undefined } as unknown as SchedulerRegistry);
    jest.spyOn(this.logger, 'error').mockReturnValue(undefined);
  }

  errors() {
    return jest.mocked(this.logger.error).mock.calls.length;
  }

  protected override run(): Promise<void> {
    this.runs += 1;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = () => reject(new Error('no'));
    });
  }
}

describe('RecurringJob', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('runs at every turn, but is never overtaken by itself', async () => {
    const job = new Job(100);
    job.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(350);
    expect(job.runs).toBe(1);
    job.end();
    await jest.advanceTimersByTimeAsync(100);
    expect(job.runs).toBe(2);
  });

  it('reports a run that failed and tries again', async () => {
    const job = new Job(100);
    job.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(100);
    job.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect([job.runs, job.errors()]).toEqual([2, 1]);
  });

  it('waits for the run at hand when it stops, and starts no other', async () => {
    const job = new Job(100);
    job.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(100);
    let stopped = false;
    const stopping = job.beforeApplicationShutdown().then(() => {
      stopped = true;
    });
    await jest.advanceTimersByTimeAsync(500);
    expect([stopped, job.runs]).toEqual([false, 1]);
    job.end();
    await stopping;
    await jest.advanceTimersByTimeAsync(500);
    expect(job.runs).toBe(1);
  });

  it('never runs by itself without an interval', async () => {
    const job = new Job(0);
    job.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(job.runs).toBe(0);
  });
});
