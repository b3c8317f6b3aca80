import { describe, expect, it } from '@jest/globals';
import { NetworkMemory } from './network-memory.js';

describe('NetworkMemory', () => {
  it('keeps the earliest time, apart for each key', () => {
    const memory = new NetworkMemory();
    memory.learn('a', '192.0.2.0/24', 20);
    memory.learn('a', '192.0.2.0/24', 10);
    memory.learn('a', '192.0.2.0/24', 30);
    expect(memory.firstSeen('a', '192.0.2.0/24')).toBe(10);
    expect(memory.firstSeen('b', '192.0.2.0/24')).toBeUndefined();
  });

  it('forgets the oldest before it grows without end', () => {
    const memory = new NetworkMemory();
    for (let index = 0; index <= 200_000; index += 1) memory.learn('k', String(index), index);
    expect(memory.firstSeen('k', '0')).toBeUndefined();
    expect(memory.firstSeen('k', '200000')).toBe(200_000);
  });
});
