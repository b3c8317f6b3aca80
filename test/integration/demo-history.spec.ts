import { describe, expect, it } from '@jest/globals';
import { demoKeys, historyStart, trafficBetween } from '@keytrail/demo';
import { SLICE_MINUTES, newKeyWatch, watchActivity, type CallerActivity } from '@keytrail/detection';

const MINUTE = 60_000;
const SLICE_MS = SLICE_MINUTES * MINUTE;
const keys = demoKeys.map((profile) => ({ profile, keyId: profile.name }));

/** One group per key and minute. The names of keys stand for their ids. */
function* slicesOf(seed: number, span: { from: number; to: number }): Generator<Map<string, CallerActivity[]>> {
  for (let from = span.from; from < span.to; from += SLICE_MS) {
    const groups = new Map<string, CallerActivity[]>();
    for (const line of trafficBetween(seed, keys, { from, to: Math.min(from + SLICE_MS, span.to) })) {
      const at = Date.parse(String(line.time));
      const ofKey = groups.get(String(line.key_id)) ?? [];
      const last = ofKey.at(-1);
      if (last?.minute === Math.floor(at / MINUTE)) Object.assign(last, { requests: last.requests + 1, last_time: at });
      else ofKey.push({ minute: Math.floor(at / MINUTE), requests: 1, first_time: at, last_time: at, outcome: 'authorised', address: String(line.address), bytes_out: Number(line.bytes_out ?? 0) } as CallerActivity);
      groups.set(String(line.key_id), ofKey);
    }
    yield groups;
  }
}

/** Keys that stand out, each with the first minute of it. */
function alarmsIn(seed: number, to: number): Record<string, string> {
  const watches = new Map<string, ReturnType<typeof newKeyWatch>>();
  const alarms: Record<string, string> = {};
  for (const slice of slicesOf(seed, { from: historyStart(to, 28), to })) {
    for (const [key, activity] of slice) {
      const { watch, spikes } = watchActivity(watches.get(key) ?? newKeyWatch(activity), activity);
      watches.set(key, watch);
      if (spikes[0] !== undefined) alarms[key] ??= new Date(spikes[0].minute * MINUTE).toISOString();
    }
  }
  return alarms;
}

describe('the history of the demo', () => {
  it.each([
    ['after it began', '2026-04-15T10:00:00Z'],
    ['after daylight saving ended, on a Friday', '2026-11-20T16:00:00Z'],
  ])('raises no alarm of its own when it is loaded %s (%s)', (_, to) => {
    expect(alarmsIn(1, Date.parse(to))).toEqual({});
  });
});
