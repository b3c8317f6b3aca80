import { describe, expect, it } from '@jest/globals';
import { MinutesBacktest, type RaisedAlarm } from './backtest/minutes.js';
import { seeded } from './baseline/testing.js';
import { newKeyWatch, watchActivity } from './key-watch.js';
import { firstLook, judgeSilence, lastMinute } from './silence-watch.js';
import type { CallerActivity } from './types.js';
import type { KeyWatch } from './watch.js';

const START = Math.floor(Date.UTC(2026, 0, 5) / 60_000);
const END = START + 8 * 24 * 60 + 9 * 60 + 17;
const group = (minute: number, requests: number): CallerActivity => ({
  workspace_id: 'acme', key_id: 'key_1', key_fingerprint: '', credential_kind: 'api_key', principal: '', address: '192.0.2.1', country: '', user_agent: 'sdk', outcome: 'authorised',
  refusal_reason: '', minute, requests, first_time: minute * 60_000, last_time: minute * 60_000 + 1, request_ids: ['r'], routes: [], methods: [], environments: [], nodes: [], bytes_out: 0, signs: [],
});

/** A key that calls up to `END`, with what the backtest raises when it then falls silent for hours. */
function falls(countAt: (minute: number) => number, silent = 600) {
  const raised: RaisedAlarm[] = [];
  const backtest = new MinutesBacktest((alarm) => raised.push(alarm));
  let watch: KeyWatch | undefined;
  let last = START;
  for (let minute = START; minute <= END; minute += 1) {
    const requests = countAt(minute);
    if (requests === 0) continue;
    last = minute;
    watch = watchActivity(watch ?? newKeyWatch([group(minute, requests)]), [group(minute, requests)]).watch;
    backtest.take({ key: 'key_1', minute, requests, errors: 0, denied: 0 });
  }
  backtest.finishAll(last + silent);
  return { watch: watch!, last, drop: raised.find(({ kind, minute }) => kind === 'drop' && minute > last) };
}

const random = seeded(7);
const keys: Record<string, (minute: number) => number> = {
  'a busy key': () => 30 + Math.floor(20 * random()),
  'a key of three calls a minute': () => Math.floor(7 * random()),
  'a key of office hours': (minute) => ((minute / 60) % 24 >= 8 && (minute / 60) % 24 < 18 ? 5 + Math.floor(6 * random()) : 0),
  'a job on the hour': (minute) => (minute % 60 === 0 ? 40 : 0),
};

describe('judgeSilence', () => {
  it.each(Object.entries(keys))('sees the drop of %s in the minute in which the backtest does', (_, countAt) => {
    const { watch, last, drop } = falls(countAt);
    expect(drop).toBeDefined();
    // A minute is over when a later one has come.
    const seen = drop!.minute - 1;
    expect(judgeSilence(watch, seen - 1).drops).toEqual([]);
    expect(judgeSilence(watch, seen).drops[0]).toMatchObject({ kind: 'drop', begins: true, minute: seen });
    // Whoever looks when told to misses nothing and is early by little.
    let at = firstLook(watch);
    expect(at).toBeLessThanOrEqual(seen);
    expect(at).toBeGreaterThan(last);
    for (let looks = 0; at < seen; looks += 1) {
      expect(looks).toBeLessThan(10);
      const { drops, look_at } = judgeSilence(watch, at);
      expect(drops).toEqual([]);
      expect(look_at).toBeLessThanOrEqual(Math.max(seen, at + 1));
      at = look_at;
    }
  });

  it('tells of a drop that goes on, until it has become the rule', () => {
    const { watch, last, drop } = falls(keys['a busy key']!, 3_000);
    let at = drop!.minute - 1;
    let told = 0;
    for (; at < Infinity && told < 500; told += 1) {
      const { drops, look_at } = judgeSilence(watch, at);
      expect(look_at).toBeGreaterThan(at);
      if (at < last + 23 * 60) expect(drops.at(-1)).toMatchObject({ minute: at });
      at = look_at;
    }
    expect(told).toBeLessThan(100);
  });

  it('learns nothing: what comes late counts as if it had come in time', () => {
    const { watch } = falls(keys['a busy key']!);
    const before = JSON.stringify(watch);
    judgeSilence(watch, lastMinute(watch) + 400);
    expect(JSON.stringify(watch)).toBe(before);
  });

  it('says nothing of keys that are seldom used, or too young', () => {
    expect(firstLook(falls((minute) => (minute % 400 === 0 ? 1 : 0)).watch)).toBe(Infinity);
    const young = watchActivity(newKeyWatch([group(START, 50)]), Array.from({ length: 90 }, (_, index) => group(START + index, 50))).watch;
    expect(judgeSilence(young, START + 400).drops).toEqual([]);
  });
});
