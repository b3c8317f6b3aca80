import { describe, expect, it } from '@jest/globals';
import { AnswerCache } from './answer-cache.js';

const limits = { answers: 3, maxAgeMs: 60_000, maxAgeWithoutFeedMs: 500 };
const good = { active: true, key_id: 'key_1', signing_key_id: 'key_2' };

function cacheWith(digest = 'a', answer: object & { active: boolean; exp?: number } = good, asked = 0) {
  const cache = new AnswerCache(limits);
  cache.put(digest, answer, asked, cache.mark());
  return cache;
}

describe('remembered answers', () => {
  it('last for a minute while the feed is current, and for half a second while it is not', () => {
    expect(cacheWith().get('a', 59_999, 0, true)).toEqual(good);
    expect(cacheWith().get('a', 60_000, 0, true)).toBeUndefined();
    expect(cacheWith().get('a', 499, 0, false)).toEqual(good);
    expect(cacheWith().get('a', 500, 0, false)).toBeUndefined();
  });

  it('do not come back when the feed does', () => {
    const cache = cacheWith();
    expect(cache.get('a', 500, 0, false)).toBeUndefined();
    expect(cache.get('a', 501, 0, true)).toBeUndefined();
  });

  it('end when what was presented ends', () => {
    const cache = cacheWith('a', { ...good, exp: 10 });
    expect(cache.get('a', 1, 9_999, true)).toBeDefined();
    expect(cache.get('a', 1, 10_000, true)).toBeUndefined();
  });

  it.each(['key_1', 'key_2'])('are forgotten with any key they rest on: %s', (key) => {
    const cache = cacheWith();
    cache.forget(key);
    expect(cache.get('a', 1, 0, true)).toBeUndefined();
  });

  it('are not kept when anything became of any key while they were on their way', () => {
    const cache = new AnswerCache(limits);
    const mark = cache.mark();
    cache.forget('key_1');
    cache.put('a', good, 0, mark);
    expect(cache.size).toBe(0);
  });

  it('are never refusals, and never more than there is room for', () => {
    const cache = cacheWith('a', { active: false });
    expect(cache.size).toBe(0);
    for (const digest of ['b', 'c', 'd', 'e']) cache.put(digest, good, 0, cache.mark());
    expect(cache.size).toBe(3);
    expect([cache.get('b', 1, 0, true), cache.get('e', 1, 0, true)]).toEqual([undefined, good]);
  });
});
