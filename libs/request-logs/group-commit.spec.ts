import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { GroupCommit } from './group-commit.js';

/** Writes that end when told to. */
function written() {
  const writes: { items: number[]; end: (error?: Error) => void }[] = [];
  const group = new GroupCommit<number>((items) => new Promise((resolve, reject) => {
    writes.push({ items, end: (error) => (error ? reject(error) : resolve()) });
  }), 5);
  const answered: string[] = [];
  const add = (name: string, items: number[]) => {
    void group.add(items).then(() => answered.push(name), (error: Error) => answered.push(`${name} ${error.message}`));
  };
  return { writes, add, answered, itemsOf: () => writes.map(({ items }) => items) };
}

describe('GroupCommit', () => {
  it('writes the first at once, and what comes meanwhile together', async () => {
    const { writes, add, answered, itemsOf } = written();
    for (const [name, items] of [['a', [1]], ['b', [2, 3]], ['c', [4]]] as const) add(name, [...items]);
    expect(itemsOf()).toEqual([[1]]);
    writes[0]!.end();
    await nextTurn();
    expect(itemsOf()).toEqual([[1], [2, 3, 4]]);
    expect(answered).toEqual(['a']);
    writes[1]!.end();
    await nextTurn();
    expect(answered).toEqual(['a', 'b', 'c']);
  });

  it('never puts more into a group than fits beside what came first', async () => {
    const { writes, add, itemsOf } = written();
    add('a', [0]);
    add('b', [1, 2, 3]);
    add('c', [4, 5, 6]);
    add('d', [1, 2, 3, 4, 5, 6, 7]);
    for (let write = 0; write < 3; write += 1) {
      writes[write]!.end();
      await nextTurn();
    }
    expect(itemsOf()).toEqual([[0], [1, 2, 3], [4, 5, 6], [1, 2, 3, 4, 5, 6, 7]]);
  });

  it('fails all whose group fails, and none after', async () => {
    const { writes, add, answered } = written();
    add('a', [1]);
    add('b', [2]);
    add('c', [3]);
    writes[0]!.end();
    await nextTurn();
    writes[1]!.end(new Error('down'));
    await nextTurn();
    add('d', [4]);
    writes[2]!.end();
    await nextTurn();
    expect(answered).toEqual(['a', 'b down', 'c down', 'd']);
  });

  it('writes nothing for nothing', async () => {
    const { add, answered, itemsOf } = written();
    add('a', []);
    await nextTurn();
    expect([answered, itemsOf()]).toEqual([['a'], []]);
  });
});
