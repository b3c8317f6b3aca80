import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LogSource } from '@keytrail/kafka';
import { BackgroundLogSource } from './background-log-source.service.js';

class FakeSource extends LogSource {
  starts = 0;
  stops = 0;

  override async start() {
    this.starts += 1;
  }

  override async stop() {
    this.stops += 1;
  }
}

const take = async () => undefined as never;
const soon = { firstMs: 1, longestMs: 2 };
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a source that is started in the background', () => {
  it('keeps nobody waiting, tells each failed try in one line, and starts once what it needs is there', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const inner = new FakeSource();
      let tries = 0;
      const source = new BackgroundLogSource(inner, async () => {
        tries += 1;
        if (tries < 4) throw new Error('no broker');
      }, soon);
      await source.start(take);
      expect([source.isStarted, inner.starts]).toEqual([false, 0]);
      await until(() => source.isStarted);
      expect([tries, inner.starts]).toEqual([4, 1]);
      expect(warn.mock.calls.map(([line]) => String(line))).toEqual([1, 2, 2].map((wait) => `the brokers cannot be reached, trying again in ${wait} ms: no broker`));
      await source.stop();
      expect(inner.stops).toBe(1);
    } finally {
      warn.mockRestore();
    }
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
    expect([source.isStarted, inner.starts, inner.stops]).toEqual([false, 0, 0]);
  });

  it('stops at once between two tries', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const source = new BackgroundLogSource(new FakeSource(), async () => {
        throw new Error('no broker');
      }, { firstMs: 3_600_000, longestMs: 3_600_000 });
      await source.start(take);
      await until(() => warn.mock.calls.length === 1);
      await source.stop();
      expect(warn).toHaveBeenCalledTimes(1);
    } finally {
      warn.mockRestore();
    }
  });
});
