import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GroupCommit } from './group-commit.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Writes that end when told to. */
function written() {
  const writes: { items: number[]; end: (error?: Error) => void }[] = [];
  const group = new GroupCommit<number>((items) => new Promise((resolve, reject) => {
    writes.push({ items, end: (error) => (error ? reject(error) : resolve()) });
  }), { waitMs: 25, mostItems: 5 });
  const answered: string[] = [];
  const add = (name: string, items: number[]) => {
    void group.add(items).then(() => answered.push(name), (error: Error) => answered.push(`${name} ${error.message}`));
  };
  return { writes, add, answered, itemsOf: () => writes.map(({ items }) => items) };
}

describe('GroupCommit', () => {
  it('writes what comes within the wait as one, and answers only when it is written', async () => {
    const { writes, add, answered, itemsOf } = written();
    add('a', [1]);
    await jest.advanceTimersByTimeAsync(20);
    add('b', [2, 3]);
    await jest.advanceTimersByTimeAsync(4);
    expect(itemsOf()).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(itemsOf()).toEqual([[1, 2, 3]]);
    expect(answered).toEqual([]);
    writes[0]!.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(answered).toEqual(['a', 'b']);
  });

  it('writes a full group at once, and never more than fits beside what came first', async () => {
    const { writes, add, answered, itemsOf } = written();
    add('a', [1, 2, 3]);
    add('b', [4, 5, 6]);
    expect(itemsOf()).toEqual([[1, 2, 3]]);
    writes[0]!.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(itemsOf()).toEqual([[1, 2, 3], [4, 5, 6]]);
    expect(answered).toEqual(['a']);
    writes[1]!.end();
    add('c', [1, 2, 3, 4, 5, 6, 7]);
    await jest.advanceTimersByTimeAsync(0);
    expect(itemsOf()[2]).toHaveLength(7);
  });

  it('fails all whose group fails, and none after', async () => {
    const { writes, add, answered } = written();
    add('a', [1]);
    add('b', [2]);
    await jest.advanceTimersByTimeAsync(25);
    add('c', [3]);
    writes[0]!.end(new Error('down'));
    await jest.advanceTimersByTimeAsync(25);
    writes[1]!.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(answered).toEqual(['a down', 'b down', 'c']);
  });

  it('gathers while it writes, and writes what waited long enough as soon as it can', async () => {
    const { writes, add, itemsOf } = written();
    add('a', [1]);
    await jest.advanceTimersByTimeAsync(25);
    add('b', [2]);
    await jest.advanceTimersByTimeAsync(100);
    add('c', [3]);
    expect(itemsOf()).toEqual([[1]]);
    writes[0]!.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(itemsOf()).toEqual([[1], [2, 3]]);
  });

  it('writes nothing for nothing', async () => {
    const { add, answered, itemsOf } = written();
    add('a', []);
    await jest.advanceTimersByTimeAsync(100);
    expect([answered, itemsOf()]).toEqual([['a'], []]);
  });
});
