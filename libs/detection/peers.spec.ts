import { describe, expect, it } from '@jest/globals';
import { emptyKeyBaseline } from './baseline/index.js';
import { peerGroupsOf, Peers } from './peers.js';
import { emptyReach } from './reach.js';
import type { KeyWatch } from './watch.js';

const NOON = Date.UTC(2026, 0, 5, 12) / 60_000;
const groups = peerGroupsOf('shop', 'api_key', 'orders-production', 'orders');

/** A key that is so many minutes old and does so much a minute, of late and usually. */
function watch(age: number, rate: number): KeyWatch {
  const { rate: baseline, shares } = emptyKeyBaseline(NOON - age);
  Object.assign(baseline, { closed: NOON, overall: rate });
  const recent = Array.from({ length: Math.min(age + 1, 5) }, (_, index) => ({ minute: NOON - Math.min(age, 4) + index, requests: rate, denied: 0, errors: 0 }));
  return { baseline, shares, first_seen: (NOON - age) * 60_000, recent, prior: { requests: 0, denied: 0 }, reach: emptyReach() };
}

function peersWith(rates: readonly number[], of = groups): Peers {
  const peers = new Peers();
  rates.forEach((rate, index) => peers.note(`key-${index}`, of, watch(5000, rate)));
  return peers;
}

describe('a key in its first hour', () => {
  it('is measured by peers of the same kind and service', () => {
    const peers = peersWith([2, 3, 4, 3, 2, 5]);
    expect(peers.judge('new', groups, watch(10, 600))).toMatchObject({ spike: true, window_minutes: 5, seen: 3000, episode: { started_at: NOON - 4 } });
    expect(peers.judge('new', groups, watch(0, 600))).toMatchObject({ window_minutes: 1, seen: 600 });
    expect(peers.judge('new', groups, watch(10, 30))).toBeNull();
  });

  it('is measured by those of its kind when no service has enough', () => {
    const peers = peersWith([2, 3, 4, 3, 2, 5], peerGroupsOf('shop', 'api_key', 'billing-production', ''));
    expect(peers.judge('new', groups, watch(10, 600))).not.toBeNull();
    expect(peers.judge('new', peerGroupsOf('shop', 'service_token', 'orders-production', ''), watch(10, 600))).toBeNull();
    expect(peers.judge('new', peerGroupsOf('lab', 'api_key', 'orders-production', ''), watch(10, 600))).toBeNull();
  });

  it('may do anything where peers differ as much, are few, or are young themselves', () => {
    expect(peersWith([0.02, 0.5, 3, 40, 900, 0.1]).judge('new', groups, watch(10, 600))).toBeNull();
    expect(peersWith([2, 3, 4]).judge('new', groups, watch(10, 600))).toBeNull();
    const young = new Peers();
    for (let key = 0; key < 10; key += 1) young.note(`key-${key}`, groups, watch(600, 3));
    expect(young.judge('new', groups, watch(10, 600))).toBeNull();
  });

  it('is measured by itself after it', () => {
    expect(peersWith([2, 3, 4, 3, 2, 5]).judge('new', groups, watch(60, 600))).toBeNull();
  });

  it('holds no more than 200 keys of a group, however many there are', () => {
    const peers = peersWith(Array.from({ length: 5000 }, (_, index) => 2 + index % 3));
    expect([...(peers as unknown as { levels: Map<string, Map<string, number>> }).levels.values()].map(({ size }) => size)).toEqual([200, 200]);
  });
});
