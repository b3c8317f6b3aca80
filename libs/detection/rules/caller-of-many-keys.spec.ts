import { describe, expect, it } from '@jest/globals';
import { NewcomerMemory } from '../newcomer-memory.js';
import { callerOfManyKeys } from './caller-of-many-keys.js';
import { activity, MINUTE, NOON } from './testing.js';

/** Keys call one after the other; the memory is told of each as detection would. */
function decide(count: number, { every = 1_000, known = ['198.51.100.0/24'], addressOf }: { every?: number; known?: string[]; addressOf?: (i: number) => string } = {}) {
  const memory = new NewcomerMemory();
  return Array.from({ length: count }, (_, i) => activity({ key_id: `key-${i}`, address: addressOf?.(i) ?? '203.0.113.9', at: NOON + i * every })).flatMap((group) => {
    memory.note({ workspace_id: 'shop', key_id: group.key_id, activity: [group] }, known);
    return memory.among('shop', [group]).flatMap((newcomer) => callerOfManyKeys.decide({ workspace_id: 'shop', key_id: '', ...newcomer }, callerOfManyKeys.settings));
  });
}

describe('caller-of-many-keys', () => {
  it('sees the fifth key that a network begins to use', () => {
    expect(decide(5)).toMatchObject([{ severity: 'medium', key_id: '', episode: '203.0.113.0/24', evidence: { counts: { keys: 5 } } }]);
    expect(decide(5, { addressOf: (i) => `203.0.113.${i}` })).toHaveLength(1);
  });

  it('rates twenty high', () => {
    expect(decide(20).at(-1)).toMatchObject({ severity: 'high' });
  });

  it.each<[string, Parameters<typeof decide>]>([
    ['four keys', [4]],
    ['a way out that the keys were always used from', [20, { known: ['203.0.113.0/24'] }]],
    ['keys that come over many hours', [10, { every: 20 * MINUTE }]],
    ['keys that each come from elsewhere', [10, { addressOf: (i) => `203.0.${i}.1` }]],
  ])('lets pass %s', (_, input) => {
    expect(decide(...input)).toEqual([]);
  });
});
