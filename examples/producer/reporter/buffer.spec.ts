import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RequestBuffer, halvesOf, type DropPolicy } from './buffer.js';

const roomy = { requests: 1_000, bytes: 1_000_000 };
const bufferOf = (policy: DropPolicy, limits: Partial<typeof roomy>, ...lines: string[]): RequestBuffer => {
  const buffer = new RequestBuffer({ ...roomy, ...limits }, policy);
  lines.forEach((line, index) => buffer.add(line, index));
  return buffer;
};
const all = (buffer: RequestBuffer) => buffer.take(roomy)?.lines ?? [];

describe('the buffer of a reporter', () => {
  it('drops what waits longest, or what comes new, as it was told, and counts it', () => {
    const oldest = bufferOf('drop-oldest', { requests: 3 }, 'a', 'b', 'c', 'd', 'e');
    expect([oldest.dropped, all(oldest)]).toEqual([2, ['c', 'd', 'e']]);
    const newest = bufferOf('drop-newest', { requests: 3 }, 'a', 'b', 'c', 'd', 'e');
    expect([newest.dropped, all(newest)]).toEqual([2, ['a', 'b', 'c']]);
  });

  it('counts bytes of UTF-8 and line feeds, and makes room for one long line at the cost of several', () => {
    const buffer = bufferOf('drop-oldest', { bytes: 12 }, 'aa', 'bb', 'cc', 'äöü');
    expect([buffer.bytes, buffer.dropped, all(buffer)]).toEqual([10, 2, ['cc', 'äöü']]);
  });

  it('drops nothing that waits for a line that could never wait', () => {
    const buffer = bufferOf('drop-oldest', { bytes: 12 }, 'aa', 'x'.repeat(12));
    expect([buffer.dropped, all(buffer)]).toEqual([1, ['aa']]);
  });

  it('gives out batches within their limits, oldest first, each under an id of its own; one line too long for a batch goes alone', () => {
    const buffer = bufferOf('drop-oldest', {}, 'a', 'b', 'c', 'x'.repeat(50), 'd');
    const batches = [1, 2, 3, 4].map(() => buffer.take({ requests: 2, bytes: 10 }));
    expect(batches.map((batch) => batch?.lines)).toEqual([['a', 'b'], ['c'], ['x'.repeat(50)], ['d']]);
    expect(new Set(batches.map((batch) => batch?.id)).size).toBe(4);
    expect(buffer.take(roomy)).toBeUndefined();
  });

  it('knows since when the oldest waits', () => {
    const buffer = bufferOf('drop-oldest', { requests: 2 }, 'a', 'b', 'c');
    expect(buffer.oldest).toBe(1);
    all(buffer);
    expect(buffer.oldest).toBeUndefined();
  });

  it('holds no more than it may, loses nothing uncounted and keeps the order, whatever comes', () => {
    const step = fc.oneof(
      fc.record({ add: fc.string({ maxLength: 20 }) }), fc.record({ take: fc.record({ requests: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 40 }) }) }),
    );
    fc.assert(fc.property(fc.constantFrom<DropPolicy[]>('drop-oldest', 'drop-newest'), fc.array(step, { maxLength: 3_000, size: 'max' }), (policy, steps) => {
      const limits = { requests: 7, bytes: 60 };
      const buffer = new RequestBuffer(limits, policy);
      let added = 0;
      const taken: number[] = [];
      for (const each of steps) {
        if ('add' in each) buffer.add(`${(added += 1)} ${each.add}`, added);
        else taken.push(...(buffer.take(each.take)?.lines ?? []).map((line) => parseInt(line, 10)));
        if (buffer.length > limits.requests || buffer.bytes > limits.bytes) return false;
        if (added !== taken.length + buffer.dropped + buffer.length) return false;
      }
      return taken.every((line, index) => index === 0 || line > taken[index - 1]!);
    }), { numRuns: 50 });
  });

  it('splits a batch into two that together hold all of it', () => {
    const batch = { id: 'one', lines: ['a', 'b', 'c'] };
    const [first, second] = halvesOf(batch);
    expect([...first.lines, ...second.lines]).toEqual(batch.lines);
    expect(new Set([batch.id, first.id, second.id]).size).toBe(3);
  });
});
