import { describe, expect, it } from '@jest/globals';
import { newKeyWatch } from '../key-watch.js';
import { KeyMemories } from './key-memories.js';
import { readMemory } from './stored-memory.js';
import type { KeyWatch } from '../watch.js';

const key = (key_id: string | number) => ({ workspace_id: 'acme', key_id: String(key_id) });
const watch = (first_time: number): KeyWatch => newKeyWatch([{ first_time } as never]);
const remember = (memories: KeyMemories, name: string | number, first: number, step: number, now = 0) => memories.put(key(name), { watch: watch(first), habits: undefined }, step, now);

/** Makes room, writes down what must be and takes the new key in, as a step does. */
function arrive(memories: KeyMemories, name: string | number, step: number): string[] {
  memories.use([key(name)], step);
  const leaving = memories.crowdedOut(1, step);
  const written = memories.stored(leaving, step - 1).map(({ key_id }) => key_id);
  memories.wrote(leaving);
  memories.forget(leaving);
  remember(memories, name, step, step);
  return written;
}

describe('KeyMemories', () => {
  it('remembers each key for itself, and knows nothing of others', () => {
    const memories = new KeyMemories(10);
    for (let name = 0; name < 10; name += 1) remember(memories, name, 1_000 + name, 1);
    for (let name = 0; name < 10; name += 1) expect(memories.get(key(name))!.watch.first_seen).toBe(1_000 + name);
    expect(memories.get(key(10))).toBeUndefined();
    expect(memories.get({ workspace_id: 'other', key_id: '1' })).toBeUndefined();
  });

  it('holds no more keys than it may, however many are seen once, and loses none that was not written down', () => {
    const memories = new KeyMemories(1_000);
    const written = new Set<string>();
    for (let name = 0; name < 20_000; name += 1) for (const one of arrive(memories, name, name + 1)) written.add(one);
    expect(memories.size).toBe(1_000);
    for (let name = 0; name < 20_000; name += 1) expect(memories.has(key(name)) || written.has(String(name))).toBe(true);
  });

  it('keeps keys that are in use while others pass through', () => {
    const memories = new KeyMemories(100);
    for (let step = 1; step <= 2_000; step += 1) {
      if (!memories.has(key('busy'))) expect(step).toBe(1);
      remember(memories, 'busy', step, step);
      arrive(memories, step, step);
    }
    expect(memories.get(key('busy'))!.watch.first_seen).toBe(2_000);
  });

  it('holds all keys of one step, even if they are more than it may', () => {
    const memories = new KeyMemories(10);
    for (let name = 0; name < 50; name += 1) arrive(memories, name, 1);
    expect(memories.size).toBe(50);
    arrive(memories, 50, 2);
    expect(memories.size).toBeLessThanOrEqual(50);
  });

  it('says up to which step all that is stored holds', () => {
    const memories = new KeyMemories(10);
    expect(memories.writtenUpTo(4)).toBe(4);
    remember(memories, 'a', 1, 5);
    remember(memories, 'b', 1, 6);
    remember(memories, 'a', 1, 7);
    expect(memories.writtenUpTo(7)).toBe(4);
    const [oldest] = memories.oldest(1);
    expect(memories.writtenUpTo(7, new Set([oldest!]))).toBe(5);
    expect(memories.stored([oldest!], 7)).toEqual([expect.objectContaining({ key_id: 'a', step: 7 })]);
    memories.wrote([oldest!]);
    expect([memories.writtenUpTo(7), memories.unwritten]).toEqual([5, 1]);
    remember(memories, 'a', 1, 8);
    memories.wrote(memories.oldest(1));
    expect(memories.writtenUpTo(8)).toBe(7);
  });

  it('stores what it remembers, and takes it in again', () => {
    const memories = new KeyMemories(10);
    remember(memories, 'a', 1_234, 3);
    const [stored] = memories.stored(memories.oldest(1), 3);
    const other = new KeyMemories(10);
    expect(other.take(stored!, 9)).toBe(true);
    expect(other.get(key('a'))!.watch).toEqual(readMemory(stored!.bytes)!.watch);
    expect([other.holds(key('a'), 3), other.holds(key('a'), 4)]).toEqual([true, false]);
    expect(other.take({ ...stored!, key_id: 'broken', bytes: new Uint8Array(3) }, 9)).toBe(false);
    expect(other.has(key('broken'))).toBe(false);
  });
});
