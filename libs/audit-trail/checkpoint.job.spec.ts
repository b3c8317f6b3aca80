import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { FixedClock, JobSchedule } from '@keytrail/platform';
import { CheckpointJob } from './checkpoint.job.js';
import type { Checkpoints } from './checkpoints.service.js';

const MINUTE = 60_000;
const start = Date.UTC(2026, 2, 1);

let clock: FixedClock;
let last: number;
let signed: number[];
let asked: number;
let fails: boolean;
let job: CheckpointJob;

beforeEach(() => {
  jest.useFakeTimers();
  clock = new FixedClock(start);
  [last, signed, asked, fails] = [-Infinity, [], 0, false];
  const checkpoints = {
    signWhenDue: async (everyMs: number) => {
      asked += 1;
      if (fails) throw new Error('no');
      if (clock.now() - last >= everyMs) signed.push((last = clock.now()));
      return { body: { at: new Date(last).toISOString() } };
    },
  };
  job = new CheckpointJob(checkpoints as unknown as Checkpoints, clock, { addInterval: () => undefined } as unknown as SchedulerRegistry, new JobSchedule());
  jest.spyOn(job['logger'], 'error').mockReturnValue(undefined);
  job.onApplicationBootstrap();
});
afterEach(() => {
  jest.useRealTimers();
});

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1_000);
    await jest.advanceTimersByTimeAsync(1_000);
  }
}

it('has a checkpoint signed every minute, and leaves the database alone in between', async () => {
  await pass(301);
  expect(signed.map((at) => at - start)).toEqual([1_000, 61_000, 121_000, 181_000, 241_000, 301_000]);
  expect(asked).toBe(6);
});

it('waits for that of another process instead of signing one more', async () => {
  last = start - 30_000;
  await pass(40);
  expect(signed.map((at) => at - start)).toEqual([30_000]);
});

it('tries again soon after a failure', async () => {
  fails = true;
  await pass(25);
  expect(asked).toBe(3);
  fails = false;
  await pass(10);
  expect(signed).toHaveLength(1);
});

it('goes on when the clock is set back', async () => {
  await pass(5);
  clock.set(start - 3_600_000);
  last = -Infinity;
  await pass(5);
  expect(signed).toHaveLength(2);
});

it('does nothing where the schedule is off', async () => {
  asked = 0;
  const none = new CheckpointJob({} as Checkpoints, clock, { addInterval: () => { throw new Error('started'); } } as unknown as SchedulerRegistry, JobSchedule.off);
  none.onApplicationBootstrap();
  await pass(MINUTE / 1_000);
});
