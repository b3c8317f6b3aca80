import { describe, expect, it } from '@jest/globals';
import { NextBatch } from './next-batch.js';

/** A batch whose reads end when told. */
function heldBatch(most?: number) {
  const reads: { keys: readonly string[]; end(value?: string): void; fail(): void }[] = [];
  const batch = new NextBatch<string, string>((keys) => new Promise((resolve, reject) => {
    reads.push({ keys, end: (value = 'v') => resolve(new Map(keys.map((key) => [key, `${value} ${key}`]))), fail: () => reject(new Error('store is away')) });
  }), most);
  return { batch, reads };
}
const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('reads in batches', () => {
  it('answers by a read that began after the question, never by the one under way', async () => {
    const { batch, reads } = heldBatch();
    const first = batch.load('a');
    await turns();
    const second = batch.load('a');
    reads[0]!.end('old');
    expect(await first).toBe('old a');
    await turns();
    reads[1]!.end('new');
    expect(await second).toBe('new a');
  });

  it('lets all that is asked meanwhile share the next read, equal keys as one', async () => {
    const { batch, reads } = heldBatch();
    const answers = [batch.load('a')];
    await turns();
    answers.push(batch.load('b'), batch.load('c'), batch.load('b'));
    reads[0]!.end();
    await turns();
    expect(reads.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']]);
    reads[1]!.end();
    expect(await Promise.all(answers)).toEqual(['v a', 'v b', 'v c', 'v b']);
  });

  it('asks for no more than it may at a time', async () => {
    const { batch, reads } = heldBatch(2);
    const answers = Promise.all(['a', 'b', 'c'].map((key) => batch.load(key)));
    await turns();
    reads[0]!.end();
    await turns();
    reads[1]!.end();
    await answers;
    expect(reads.map(({ keys }) => keys)).toEqual([['a', 'b'], ['c']]);
  });

  it('fails those whose read failed, and no others', async () => {
    const { batch, reads } = heldBatch();
    const first = batch.load('a');
    await turns();
    const second = batch.load('b');
    reads[0]!.fail();
    await expect(first).rejects.toThrow('store is away');
    await turns();
    reads[1]!.end();
    expect(await second).toBe('v b');
  });

  it('says undefined for what is not found', async () => {
    expect(await new NextBatch<string, string>(async () => new Map()).load('a')).toBeUndefined();
  });
});
