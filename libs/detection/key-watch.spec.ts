import { describe, expect, it } from '@jest/globals';
import { newKeyWatch, readKeyWatch, watchActivity } from './key-watch.js';
import type { CallerActivity } from './types.js';

const START = Math.floor(Date.UTC(2026, 0, 5) / 60_000);
const group = (minute: number, requests: number, outcome: CallerActivity['outcome'] = 'authorised'): CallerActivity => ({
  workspace_id: 'acme', key_id: 'key_1', key_fingerprint: '', credential_kind: 'api_key', principal: '', address: '192.0.2.1', country: '',
  user_agent: 'sdk', outcome, refusal_reason: '', minute, requests, first_time: minute * 60_000, last_time: minute * 60_000 + 1, request_ids: ['r'], routes: [], methods: [], environments: [], nodes: [], bytes_out: 0, signs: [],
});

/** A key with ten requests a minute, fed in ticks of ten minutes. */
function steadyKey(minutes: number) {
  let watch = newKeyWatch([group(START, 10)]);
  for (let from = 0; from < minutes; from += 10) {
    const tick = Array.from({ length: 10 }, (_, index) => group(START + from + index, 8 + ((from + index) * 7) % 5));
    watch = watchActivity(watch, tick).watch;
  }
  return watch;
}

describe('watchActivity', () => {
  it('sees a spike in the minute it happens, before the minute is over', () => {
    const watch = steadyKey(3 * 24 * 60);
    const { spikes } = watchActivity(watch, [group(START + 3 * 24 * 60, 150)]);
    expect(spikes).toHaveLength(1);
    expect(spikes[0]).toMatchObject({ seen: expect.any(Number), spike: true });
  });

  it('counts a minute whole that comes in pieces', () => {
    const watch = steadyKey(3 * 24 * 60);
    const minute = START + 3 * 24 * 60;
    const pieces = Array.from({ length: 15 }, () => watchActivity(watch, [group(minute, 10)]).spikes.length);
    expect(pieces[0]).toBe(0);
    expect(pieces.at(-1)).toBe(1);
  });

  it('learns nothing from a minute while it is open', () => {
    const watch = steadyKey(120);
    const closed = watch.baseline.closed;
    watchActivity(watch, [group(closed + 1, 5)]);
    expect(watch.baseline.closed).toBe(closed);
  });

  it('keeps counting late denied calls, though the minute is closed', () => {
    const watch = steadyKey(120);
    const late = watch.baseline.closed - 5;
    watchActivity(watch, [group(late, 30, 'forbidden')]);
    expect(watch.recent.find(({ minute }) => minute === late)?.denied).toBe(30);
  });

  it('stays small however long it watches', () => {
    const watch = steadyKey(2 * 24 * 60);
    expect(watch.recent.length).toBeLessThanOrEqual(62);
    expect(JSON.stringify(watch).length).toBeLessThan(12_000);
    expect(watch.prior.requests).toBeGreaterThan(20_000);
  });

  it('goes on with a watch that an older version stored, and begins anew with one it cannot read', () => {
    const { shares: _, ...watch } = steadyKey(3 * 24 * 60);
    const { recent_least: _least, drop: _drop, drop_armed: _armed, unrest: _unrest, ...baseline } = watch.baseline;
    const old = { ...watch, baseline: { ...baseline, version: 1 }, recent: watch.recent.map(({ errors: _errors, ...count }) => count) };
    const read = readKeyWatch(JSON.parse(JSON.stringify(old)))!;
    expect(watchActivity(read, [group(START + 3 * 24 * 60, 150)]).spikes).toHaveLength(1);
    expect(watchActivity(read, [group(START + 3 * 24 * 60 + 10, 10)]).alarms).toEqual([]);
    for (const wrong of [null, 3, {}, { recent: [], prior: {} }, { ...watch, baseline: {} }]) expect(readKeyWatch(wrong)).toBeUndefined();
  });

  it('tells of denied calls and errors while their minute is open, and of silence when the key comes back', () => {
    const watch = steadyKey(8 * 24 * 60);
    const now = START + 8 * 24 * 60;
    const kinds = (activity: CallerActivity[]) => watchActivity(structuredClone(watch), activity).alarms.map(({ kind }) => kind);
    expect(kinds([group(now, 10), group(now, 20, 'forbidden')])).toContain('denied');
    expect(kinds([group(now, 4), group(now, 16, 'error')])).toEqual(['errors']);
    expect(kinds([group(now + 60, 10), group(now + 61, 10), group(now + 62, 10)])).toContain('drop');
    expect(kinds([group(now, 10)])).toEqual([]);
  });

  it('survives a key that was silent for half a year', () => {
    const watch = steadyKey(120);
    expect(() => watchActivity(watch, [group(START + 180 * 24 * 60, 10), group(START + 180 * 24 * 60 + 5, 10)])).not.toThrow();
  });
});
