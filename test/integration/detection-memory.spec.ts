import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FindingPage } from '@keytrail/contracts';
import { Detection, LiveMemory } from '@keytrail/detection';
import { Database } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Remembered { watch: { reach: object }; habits: object }

describe('what detection remembers', () => {
  let app: TestApp;
  let next = 0;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  const get = <T>(type: abstract new (...args: never[]) => T): T => app.standalone.app.get(type, { strict: false });
  const database = () => app.standalone.app.get(Database, { strict: false });
  const send = async (lines: object[]) => expect((await app.call('/v1/request-logs', { body: lines.map((one) => JSON.stringify(one)).join('\n') })).status).toBe(200);
  /** Some minutes of an ordinary key, with a denied call now and then. */
  const traffic = (key_id: string, from: number, minutes: number, perMinute = 4) => Array.from({ length: minutes * perMinute }, (_, index) => {
    next += 1;
    const at = from + Math.floor(index * MINUTE / perMinute);
    return { time: at, request_id: `m-${next}`, method: 'GET', path: `/orders/${index % 3}`, status: index % 41 === 0 ? 403 : 200, address: '192.0.2.10', user_agent: 'acme-sdk/1.2', key_id };
  });
  const told = async (key: string) => (await app.call<FindingPage>(`/v1/findings?key_id=${key}`)).body.data
    .map(({ rule_id, severity, summary, first_seen, last_seen, evidence }) => ({ rule_id, severity, summary, first_seen, last_seen, counts: evidence.counts })).sort((a, b) => (a.rule_id < b.rule_id ? -1 : 1));
  const remembered = async (key_id: string) => {
    const memory = get(LiveMemory);
    await memory.load([{ workspace_id: 'default', key_id }]);
    return JSON.parse(JSON.stringify(memory.get({ workspace_id: 'default', key_id }), (_, of: unknown) => (of instanceof Float32Array || of instanceof Float64Array ? [...of] : of))) as object;
  };
  /** A life of some hours in ticks of twenty minutes, which ends with a spike. `before` each tick something may happen. */
  const live = async (key: string, before: (tick: number) => Promise<void> | void = () => undefined) => {
    const start = Math.floor((Date.now() - 8 * HOUR) / HOUR) * HOUR;
    for (let tick = 0; tick < 21; tick += 1) {
      await before(tick);
      await send(traffic(key, start + tick * 20 * MINUTE, 20));
      await get(Detection).tick();
    }
    await before(21);
    await send(traffic(key, start + 7 * HOUR, 2, 100));
    await get(Detection).tick();
  };
  const rowOf = (key: string) => database().selectFrom('key_watch').select(['step', 'memory']).where('key_id', '=', key).executeTakeFirst();

  it('is the same after any number of kills, and so is what was found', async () => {
    await live('unharmed');
    await live('killed', () => get(LiveMemory).forget());
    expect(await told('unharmed')).toEqual([expect.objectContaining({ rule_id: 'rate-spike' })]);
    expect(await told('killed')).toEqual(await told('unharmed'));
    expect(await remembered('killed')).toEqual(await remembered('unharmed'));
  });

  it('is the same when it was written down and read again in between, and when a kill comes after that', async () => {
    await live('written', async (tick) => {
      if (tick % 3 === 0) await get(Detection).writeAll();
      if (tick % 4 === 1) get(LiveMemory).forget();
      if (tick % 7 === 0) await get(Detection).tick();
    });
    expect(await told('written')).toEqual(await told('unharmed'));
    expect(await remembered('written')).toEqual(await remembered('unharmed'));
  });

  it('is not written down in every step, and whole when Keytrail stops', async () => {
    await live('lazy');
    const cursor = await database().selectFrom('detection_cursors').selectAll().executeTakeFirstOrThrow();
    expect((await rowOf('lazy'))?.step ?? 0).toBeLessThan(cursor.version);
    expect(cursor.written_up_to).toBeLessThan(cursor.version);
    await get(Detection).writeAll();
    expect((await rowOf('lazy'))!.step).toBe(cursor.version);
    expect((await database().selectFrom('detection_cursors').selectAll().executeTakeFirstOrThrow()).written_up_to).toBe(cursor.version);
  });

  it('counts nothing of a step that was not committed', async () => {
    await live('interrupted', async (tick) => {
      if (tick % 5 !== 2) return;
      // A step that fails once its keys were judged.
      await send(traffic('interrupted-too', Date.now() - 9 * HOUR + tick * MINUTE, 1));
      const failing = database();
      const transaction = failing.transaction.bind(failing);
      failing.transaction = () => {
        throw new Error('the database went away');
      };
      await expect(get(Detection).tick()).rejects.toThrow('the database went away');
      failing.transaction = transaction;
    });
    expect(await told('interrupted')).toEqual(await told('unharmed'));
    expect(await remembered('interrupted')).toEqual(await remembered('unharmed'));
  });

  it('goes on from what an older version stored', async () => {
    await live('older');
    const { watch: { reach: _, ...watch }, habits } = await remembered('older') as Remembered;
    await get(Detection).writeAll();
    get(LiveMemory).forget();
    await database().updateTable('key_watch').set({ state: JSON.stringify(watch), memory: null as never }).where('key_id', '=', 'older').execute();
    await database().insertInto('key_habits').values({ workspace_id: 'default', key_id: 'older', state: JSON.stringify(habits), updated_at: new Date() }).execute();
    await get(Detection).tick();
    // It knew nothing of addresses and bytes: those begin anew.
    expect(await remembered('older')).toEqual({ watch: { ...watch, reach: expect.objectContaining({ block: -1, bytes: 0 }) }, habits });
  });

  it('is forgotten of keys that did not call for more than a year, and of no others', async () => {
    const ago = (days: number) => new Date(Date.now() - days * 24 * HOUR);
    for (const days of [399, 401]) {
      await database().insertInto('key_watch').values({ workspace_id: 'default', key_id: `seen-${days}`, memory: Buffer.from([1]), step: 0, look_at: null, updated_at: ago(days) }).execute();
      await database().insertInto('key_habits').values({ workspace_id: 'default', key_id: `seen-${days}`, state: '{}', updated_at: ago(days) }).execute();
    }
    await get(LiveMemory).forgetUnseen();
    for (const table of ['key_watch', 'key_habits'] as const) {
      expect(await database().selectFrom(table).select('key_id').where('key_id', 'like', 'seen-%').execute()).toEqual([{ key_id: 'seen-399' }]);
    }
  });
});
