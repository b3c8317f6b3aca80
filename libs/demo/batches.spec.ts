import { describe, expect, it } from '@jest/globals';
import type { RequestLogLine } from '@keytrail/contracts';
import { batchLines } from './batches.js';

const line = (time: number): RequestLogLine => ({ time, request_id: 'r', method: 'GET', path: '/', status: 200 });

describe('batches of lines', () => {
  it('hold every line once, in order', () => {
    const batches = [...batchLines([1, 2, 3, 4, 5].map(line), 2)];
    expect(batches.map(({ lines, lastTime }) => [lines, lastTime])).toEqual([[2, 2], [2, 4], [1, 5]]);
    const text = batches.map(({ ndjson }) => Buffer.from(ndjson).toString()).join('');
    expect(text).toBe([1, 2, 3, 4, 5].map((time) => `${JSON.stringify(line(time))}\n`).join(''));
  });

  it('never end between two lines of one instant', () => {
    expect([...batchLines([1, 2, 2, 2, 3].map(line), 2)].map(({ lines }) => lines)).toEqual([4, 1]);
  });

  it('are none when there are no lines', () => {
    expect([...batchLines([])]).toEqual([]);
  });
});
