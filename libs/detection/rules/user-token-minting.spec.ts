import { describe, expect, it } from '@jest/globals';
import { EntityMemory } from '../entity-memory.js';
import { activity, keyInput, MINUTE, NOON } from './testing.js';
import { userTokenMinting } from './user-token-minting.js';

const call = (i: number, { every = 20_000, entity = 'sub-1', address = '198.51.100.7', issued = i }: { every?: number; entity?: string; address?: string; issued?: number } = {}) =>
  activity({ at: NOON + i * every, address, signs: [`mint:${entity}@${issued}`] });
const decide = (groups: ReturnType<typeof call>[]) => {
  const memory = new EntityMemory();
  return groups.flatMap((group) => userTokenMinting.decide({ ...keyInput([group]), entities: memory.see('shop key-1', [group]) }, userTokenMinting.settings));
};
const times = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('user-token-minting', () => {
  it('sees ten tokens of one user in ten minutes, also when they come one by one', () => {
    const found = decide(times(10).map((i) => call(i)));
    expect(found).toMatchObject([{ severity: 'medium', episode: 'key-1:sub-1', summary: 'the user sub-1 came with 10 tokens from 1 network within 10 minutes' }]);
  });

  it('sees a user on six networks at once', () => {
    expect(decide(times(6).map((i) => call(i, { issued: 0, address: `203.0.${i}.1` })))).toMatchObject([{ evidence: { counts: { networks: 6, tokens: 1 } } }]);
  });

  it.each<[string, ReturnType<typeof call>[]]>([
    ['one token used often', times(100).map((i) => call(i, { issued: 0 }))],
    ['a refresh a minute', times(60).map((i) => call(i, { every: 70_000 }))],
    ['many users with a token each', times(100).map((i) => call(i, { entity: `sub-${i}` }))],
    ['a phone between two networks', times(40).map((i) => call(i, { every: MINUTE, issued: 0, address: `203.0.${i % 2}.1` }))],
  ])('lets pass %s', (_, groups) => {
    expect(decide(groups)).toEqual([]);
  });
});
