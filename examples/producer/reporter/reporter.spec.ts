import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Batch } from './buffer.js';
import { Reporter, type ReporterOptions } from './reporter.js';
import type { SendAnswer, Transport } from './transport.js';

const stored = ({ lines }: Batch): SendAnswer => ({ kind: 'stored', stored: lines.length, dead_lettered: 0 });

/** A way that answers as it is told, batch for batch. */
class ScriptedTransport implements Transport {
  readonly sent: Batch[] = [];
  answer: (batch: Batch, signal: AbortSignal) => SendAnswer | Promise<SendAnswer> = stored;

  async send(batch: Batch, signal: AbortSignal): Promise<SendAnswer> {
    this.sent.push(batch);
    return this.answer(batch, signal);
  }
}

const reporters: Reporter[] = [];
afterEach(async () => {
  await Promise.all(reporters.splice(0).map((reporter) => reporter.close(0)));
});

function setUp(options: Partial<ReporterOptions> = {}) {
  const transport = new ScriptedTransport();
  const said: string[] = [];
  const reporter = new Reporter({
    transport, drop: 'drop-oldest', log: (line) => said.push(line), retry: { firstMs: 1, longestMs: 5 }, batch: { requests: 10, ageMs: 20 }, ...options,
  });
  reporters.push(reporter);
  let next = 0;
  const serve = (count: number) => {
    for (let index = 0; index < count; index += 1) reporter.report({ time: 1, request_id: `r${next += 1}`, method: 'GET', path: '/', status: 200 });
  };
  const until = async (condition: () => boolean) => {
    const end = Date.now() + 10_000;
    while (!condition()) {
      if (Date.now() > end) throw new Error(`never came: ${JSON.stringify(reporter.stats())}`);
      await delay(2);
    }
  };
  return { transport, said, reporter, serve, until };
}
const idsOf = (batches: readonly Batch[]) => batches.flatMap(({ lines }) => lines.map((line) => (JSON.parse(line) as { request_id: string }).request_id));
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `r${from + index}`);
const nothing = { stored: 0, dead_lettered: 0, rejected: 0, dropped: 0, unsent: 0, waiting: 0, sending: 0, retries: 0 };

describe('a reporter', () => {
  it('sends nothing while a request is being served, and full batches without waiting for their age', async () => {
    const { transport, reporter, serve, until } = setUp({ batch: { requests: 10, ageMs: 60_000 } });
    serve(25);
    expect(transport.sent).toHaveLength(0);
    await until(() => reporter.stats().stored === 20);
    expect(transport.sent.map(({ lines }) => lines.length)).toEqual([10, 10]);
    expect(reporter.stats()).toEqual({ ...nothing, reported: 25, stored: 20, waiting: 5 });
  });

  it('sends what is left when it is old enough', async () => {
    const { transport, reporter, serve, until } = setUp();
    serve(3);
    await until(() => reporter.stats().stored === 3);
    serve(2);
    await until(() => reporter.stats().stored === 5);
    expect(idsOf(transport.sent)).toEqual(ids(1, 5));
  });

  it('sends a batch again under the same id until it is stored, however it fails', async () => {
    const { transport, reporter, serve, until } = setUp();
    const failures: (() => SendAnswer | Promise<SendAnswer>)[] = [
      () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })), () => ({ kind: 'later', reason: 'busy', afterMs: 3 }),
    ];
    transport.answer = (batch) => failures.shift()?.() ?? stored(batch);
    serve(10);
    await until(() => reporter.stats().stored === 10);
    expect(new Set(transport.sent.map(({ id }) => id)).size).toBe(1);
    expect(reporter.stats()).toEqual({ ...nothing, reported: 10, stored: 10, retries: 2 });
  });

  it.each(['drop-oldest', 'drop-newest'] as const)('drops by its policy when nobody takes anything: %s', async (drop) => {
    const { transport, said, reporter, serve, until } = setUp({ drop, buffer: { requests: 20 } });
    transport.answer = () => ({ kind: 'later', reason: 'Keytrail answered 503' });
    serve(10);
    await until(() => reporter.stats().retries > 2);
    serve(50);
    expect(reporter.stats()).toMatchObject({ reported: 60, sending: 10, waiting: 20, dropped: 30 });
    await until(() => said.length > 0);
    expect(said).toEqual([expect.stringContaining('30 dropped')]);
    transport.sent.length = 0;
    transport.answer = stored;
    await until(() => reporter.stats().stored === 30);
    const survivors = drop === 'drop-oldest' ? ids(41, 60) : ids(11, 30);
    expect([...new Set(idsOf(transport.sent))]).toEqual([...ids(1, 10), ...survivors]);
  });

  it('splits what is too large until it fits, under new ids, and rejects one request that never does', async () => {
    const { transport, reporter, serve, until } = setUp();
    const taken: Batch[] = [];
    transport.answer = (batch) => {
      if (batch.lines.length > 3 || idsOf([batch]).includes('r4')) return { kind: 'too large' };
      taken.push(batch);
      return stored(batch);
    };
    serve(10);
    await until(() => reporter.stats().sending === 0 && reporter.stats().waiting === 0);
    expect(reporter.stats()).toEqual({ ...nothing, reported: 10, stored: 9, rejected: 1 });
    expect(idsOf(taken)).toEqual([...ids(1, 3), ...ids(5, 10)]);
    expect(new Set(transport.sent.map(({ id }) => id)).size).toBe(transport.sent.length);
  });

  it('counts what is refused for good, says so once an interval, and goes on', async () => {
    const { transport, said, reporter, serve, until } = setUp();
    transport.answer = () => ({ kind: 'refused', reason: 'Keytrail answered 401' });
    serve(30);
    await until(() => reporter.stats().rejected === 30);
    transport.answer = (batch) => ({ kind: 'stored', stored: batch.lines.length - 1, dead_lettered: 1 });
    serve(10);
    await until(() => reporter.stats().stored === 9);
    expect(reporter.stats()).toEqual({ ...nothing, reported: 40, stored: 9, dead_lettered: 1, rejected: 30 });
    expect(said).toEqual([expect.stringContaining('Keytrail answered 401')]);
  });

  it('gives a batch up that fails for too long, and goes on with the next', async () => {
    const { transport, reporter, serve, until } = setUp({ retry: { firstMs: 1, longestMs: 2, giveUpAfterMs: 20 } });
    transport.answer = (batch) => (idsOf([batch]).includes('r1') ? { kind: 'later', reason: 'Keytrail answered 500' } : stored(batch));
    serve(20);
    await until(() => reporter.stats().stored === 10);
    expect(reporter.stats()).toMatchObject({ reported: 20, stored: 10, unsent: 10, waiting: 0 });
  });

  it('never throws into a request, whatever is reported and however the log fails', async () => {
    const { reporter, until } = setUp({ log: () => { throw new Error('no log'); } });
    const attributes: Record<string, unknown> = {};
    attributes['self'] = attributes;
    for (let index = 0; index < 3; index += 1) {
      expect(() => reporter.report({ time: 1, request_id: 'r', method: 'GET', path: '/', status: 200, attributes: attributes as never })).not.toThrow();
    }
    reporter.report({ time: 1, request_id: 'good', method: 'GET', path: '/', status: 200 });
    await until(() => reporter.stats().stored === 1);
    expect(reporter.stats()).toMatchObject({ reported: 4, stored: 1, rejected: 3 });
  });
});

it.each([{ batch: { requests: 0 } }, { batch: { ageMs: Number.NaN } }, { buffer: { bytes: -1 } }, { retry: { firstMs: 0 } }])('limits of %j are refused', (options) => {
  expect(() => setUp(options)).toThrow(RangeError);
});

describe('a reporter that is closed', () => {
  it('sends all that waits', async () => {
    const { transport, reporter, serve } = setUp({ batch: { requests: 10, ageMs: 60_000 } });
    serve(35);
    expect(await reporter.close()).toEqual({ ...nothing, reported: 35, stored: 35 });
    expect(idsOf(transport.sent)).toEqual(ids(1, 35));
  });

  it.each([true, false])('ends at its deadline, and counts and says what was not sent; the way to Keytrail heeds it: %s', async (heeds) => {
    const { transport, said, reporter, serve } = setUp();
    transport.answer = (_batch, signal) => new Promise((_resolve, reject) => { if (heeds) signal.addEventListener('abort', () => reject(new Error('aborted'))); });
    serve(25);
    expect(await reporter.close(30)).toEqual({ ...nothing, reported: 25, unsent: 25 });
    expect(said).toEqual([expect.stringContaining('25 unsent')]);
  });

  it('waits for Keytrail until then', async () => {
    const { transport, reporter, serve } = setUp();
    let attempts = 0;
    transport.answer = (batch) => ((attempts += 1) < 5 ? { kind: 'later', reason: 'busy' } : stored(batch));
    serve(5);
    expect(await reporter.close()).toMatchObject({ stored: 5, unsent: 0 });
  });

  it('tries at once what waits for a retry, unless Keytrail asked to wait', async () => {
    for (const [afterMs, expected] of [[undefined, { stored: 5, unsent: 0 }], [60_000, { stored: 0, unsent: 5 }]] as const) {
      const { transport, reporter, serve, until } = setUp({ retry: { firstMs: 60_000, longestMs: 60_000 } });
      transport.answer = () => ({ kind: 'later', reason: 'busy', afterMs });
      serve(5);
      await until(() => transport.sent.length === 1);
      await delay(0);
      transport.answer = stored;
      expect(await reporter.close(afterMs === undefined ? 60_000 : 50)).toMatchObject(expected);
    }
  });

  it('takes nothing more, and says so in its counts; closing twice is closing once', async () => {
    const { reporter, serve } = setUp();
    const closed = reporter.close();
    expect(reporter.close()).toBe(closed);
    await closed;
    serve(2);
    expect(reporter.stats()).toEqual({ ...nothing, reported: 2, unsent: 2 });
  });
});
