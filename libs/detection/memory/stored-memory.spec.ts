import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import lz4 from 'lz4-napi';
import { emptyKeyBaseline } from '../baseline/index.js';
import { observe } from '../habits.js';
import { newKeyWatch, watchActivity } from '../key-watch.js';
import { emptyReach } from '../reach.js';
import type { CallerActivity } from '../types.js';
import { readMemory, storedMemory } from './stored-memory.js';
import type { KeyWatch } from '../watch.js';

const START = Math.floor(Date.UTC(2026, 0, 5) / 60_000);
const group = (minute: number, requests: number, outcome: CallerActivity['outcome'] = 'authorised'): CallerActivity => ({
  workspace_id: 'acme', key_id: 'key_1', key_fingerprint: '', credential_kind: 'api_key', principal: '', address: '192.0.2.1', country: '',
  user_agent: 'sdk', outcome, refusal_reason: '', minute, requests, first_time: minute * 60_000, last_time: minute * 60_000 + 1, request_ids: ['r'],
  routes: ['/orders/7'], methods: ['GET'], environments: [], nodes: [], bytes_out: 0, signs: [],
});

/** A key that has lived through a nightly job, a spike, a drop, errors and denied calls. */
function eventfulKey(minutes: number): KeyWatch {
  let watch = newKeyWatch([group(START, 10)]);
  for (let minute = 0; minute < minutes; minute += 10) {
    const tick = Array.from({ length: 10 }, (_, index) => START + minute + index).flatMap((at) => {
      const sinceMidnight = at % 1440;
      if (at > START + 9_000 && at < START + 9_090) return [];
      return [
        group(at, (8 + (at * 7) % 5) * (sinceMidnight >= 120 && sinceMidnight < 122 ? 6 : at > START + 8_000 && at < START + 8_020 ? 15 : 1)),
        ...(at % 17 === 0 ? [group(at, 1, 'error')] : []), ...(at > minutes + START - 20 ? [group(at, 9, 'forbidden')] : []),
      ];
    });
    if (tick.length > 0) watch = watchActivity(watch, tick).watch;
  }
  return watch;
}

/** As if so many numbers had come to be known since. */
function withoutLast(bytes: Buffer, doubles: number): Buffer {
  const whole = unpacked(bytes);
  const count = whole.readUInt16LE(0) - doubles;
  const older = Buffer.concat([whole.subarray(0, 4 + 8 * count), whole.subarray(4 + 8 * (count + doubles))]);
  older.writeUInt16LE(count, 0);
  return deflated(older);
}

const unpacked = (bytes: Buffer): Buffer => lz4.uncompressSync(bytes.subarray(1));
const deflated = (numbers: Buffer): Buffer => Buffer.concat([Buffer.of(1), deflateRawSync(numbers)]);

/** Views of numbers are arrays to who reads them. */
const plain = (_: string, of: unknown): unknown => (of instanceof Float32Array || of instanceof Float64Array ? [...of] : of);

/** As numbers with seven digits are. */
const rounded = (value: unknown): unknown => JSON.parse(JSON.stringify(value, plain), (_, of: unknown) => (typeof of === 'number' && !Number.isInteger(of) ? Number(of.toPrecision(6)) : of));

describe('what is remembered of a key, stored', () => {
  it('is read as it was written, to seven digits', () => {
    for (const watch of [newKeyWatch([group(START, 1)]), eventfulKey(600), eventfulKey(9_060), eventfulKey(12_000)]) {
      const { habits } = observe(undefined, [group(START, 1)]);
      const read = readMemory(storedMemory({ watch, habits }))!;
      expect(rounded(read.watch)).toEqual(rounded(watch));
      expect(read.habits).toEqual(habits);
    }
  });

  it('leaves out no number of a baseline: each that is changed is read as it was changed to', () => {
    const { rate, shares } = emptyKeyBaseline(START);
    const watch: KeyWatch = { baseline: rate, shares, first_seen: 1, recent: [], prior: { requests: 2, denied: 3 }, reach: emptyReach() };
    let next = 100;
    const number = (of: Record<string, unknown>): void => {
      for (const [name, value] of Object.entries(of)) {
        if (name === 'version') continue;
        if (typeof value === 'number') of[name] = next += 1;
        else if (typeof value === 'boolean') of[name] = !value;
        else if (Array.isArray(value)) of[name] = value.map(() => (next += 1));
        else if (value !== null && typeof value === 'object') number(value as Record<string, unknown>);
      }
    };
    number(rate as never);
    number(shares as never);
    number(watch.reach as never);
    const episode = (at: number) => ({ started_at: at, last_high: at + 1, peak_score: 7.5, ended_at: at % 2 === 0 ? null : at + 2 });
    Object.assign(rate, { episode: episode(1e7), drop: episode(1e7 + 1), clock: [1, 2, 3, 4], habits: [{ slot: 1, size: 2, days: 3, last_day: 20_000 }] });
    Object.assign(shares.errors, { episode: episode(1e7 + 2) });
    Object.assign(shares.denied, { episode: episode(1e7 + 3) });
    expect(JSON.parse(JSON.stringify(readMemory(storedMemory({ watch, habits: undefined }))!.watch, plain))).toEqual(watch);
  });

  it('takes what an older version did not know of a key as of a new one', () => {
    const watch = eventfulKey(12_000);
    const older = withoutLast(storedMemory({ watch, habits: undefined }), 5);
    const read = readMemory(older)!.watch;
    expect([...read.shares.denied.quiet_expected]).toEqual([0, 0, 0, 0, 0]);
    expect(rounded(read.shares.errors)).toEqual(rounded(watch.shares.errors));
    expect(rounded(read.baseline)).toEqual(rounded(watch.baseline));
  });

  it('is read as well as older versions packed it', () => {
    const watch = eventfulKey(9_060);
    const stored = storedMemory({ watch, habits: undefined });
    expect(readMemory(deflated(unpacked(stored)))).toEqual(readMemory(stored));
  });

  it('is small, and a key seen once next to nothing', () => {
    expect(storedMemory({ watch: eventfulKey(12_000), habits: observe(undefined, [group(START, 1)]).habits }).length).toBeLessThan(4_000);
    expect(storedMemory({ watch: newKeyWatch([group(START, 1)]), habits: observe(undefined, [group(START, 1)]).habits }).length).toBeLessThan(400);
  });

  it('is nothing when it cannot be read', () => {
    const whole = storedMemory({ watch: newKeyWatch([group(START, 1)]), habits: undefined });
    for (const bytes of [new Uint8Array(), Buffer.from([9]), Buffer.concat([Buffer.from([7]), whole.subarray(1)]), whole.subarray(0, 20), Buffer.alloc(500, 1), Buffer.alloc(500, 2), Buffer.concat([Buffer.of(2, 255, 255, 255, 255), whole.subarray(5)])]) {
      expect(readMemory(bytes)).toBeUndefined();
    }
  });
});
