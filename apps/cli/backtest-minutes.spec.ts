import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runKeytrail } from '../../test/support/cli.js';

const FIRST = Date.UTC(2026, 0, 5) / 60_000;
const DAY = 1440;
const header = 'key,minute,requests,errors,denied';

describe('keytrail backtest minutes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keytrail-minutes-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = async (content: string | Buffer) => {
    const path = join(folder, 'file.csv');
    await writeFile(path, content);
    return runKeytrail('backtest', 'minutes', path);
  };

  /** Two days of twenty requests or so a minute, then what is done to the key, then an hour as usual. */
  const row = (key: string, m: number, requests: number, errors = 0, denied = 0) => `${key},${FIRST + m},${requests},${errors},${denied}`;
  const normal = (key: string, from: number, to: number) => Array.from({ length: to - from }, (_, i) => row(key, from + i, 17 + ((from + i) * 7) % 8));
  const story = (key: string, attack: (m: number) => string[]) =>
    [...normal(key, 0, 2 * DAY), ...attack(2 * DAY), ...normal(key, 2 * DAY + 20, 2 * DAY + 80)];
  const twenty = (of: (m: number) => string) => (m: number) => Array.from({ length: 20 }, (_, i) => of(m + i));
  const stories = [
    story('spiking', twenty((m) => row('spiking', m, 200))), story('silent', () => []), story('failing', twenty((m) => row('failing', m, 20, 16))),
    story('refused', twenty((m) => row('refused', m, 20, 0, 5))), story('normal', (m) => normal('normal', m, m + 20)),
  ];
  const alarms = (stdout: string) => stdout.trim().split('\n').slice(1).map((line) => line.split(','));
  const expected = [
    ['failing', 'errors', 1], ['refused', 'denied', 2], ['silent', 'drop', 15], ['spiking', 'spike', 1],
  ];
  const told = (stdout: string) => alarms(stdout).map(([key, minute, kind]) => [key, kind, Number(minute) - FIRST - 2 * DAY])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));

  it('tells each episode once, at the minute it would have been raised, by key as by minute, plain as gzipped', async () => {
    const byKey = [header, ...stories.flat()].join('\n');
    const minuteOf = (line: string) => Number(line.split(',')[1]);
    const byMinute = [header, ...stories.flat().sort((a, b) => minuteOf(a) - minuteOf(b))].join('\r\n');
    for (const text of [byKey, byMinute, gzipSync(byKey)]) {
      const { exitCode, stdout, stderr } = await run(text);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout.split('\n')[0]).toBe('key,minute,kind,score');
      const raised = told(stdout);
      expect(raised.map(([key, kind]) => [key, kind])).toEqual(expected.map(([key, kind]) => [key, kind]));
      raised.forEach(([, , delay], index) => {
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Number(expected[index]![2]));
      });
      expect(Math.min(...alarms(stdout).map(([, , , score]) => Number(score)))).toBeGreaterThan(5);
    }
  });

  it('takes what is missing at the end of the file for silence', async () => {
    const rows = [...normal('gone', 0, 2 * DAY), ...normal('there', 0, 2 * DAY + 60)];
    expect(told((await run([header, ...rows].join('\n'))).stdout).map(([key, kind]) => [key, kind])).toEqual([['gone', 'drop']]);
  });

  it.each<[string, string[], RegExp]>([
    ['a negative count', ['a,29000000,-1,0,0'], /line 2 has "-1" for requests/], ['NaN', ['a,29000000,1,0,0', 'a,29000001,NaN,0,0'], /line 3 .*requests/],
    ['an empty count', ['a,29000000,1,,0'], /line 2 has "" for errors/], ['an infinite count', ['a,29000000,1,0,Infinity'], /line 2 .*denied/],
    ['a minute that is none', ['a,soon,1,0,0'], /line 2 has no epoch minute: "soon"/], ['seconds for minutes', ['a,1767600000,1,0,0'], /line 2 has no epoch minute/],
    ['a clock that went back', ['a,29000005,1,0,0', 'a,29000004,1,0,0'], /line 3 is out of order/],
    ['a clock that jumped', ['a,29000000,1,0,0', 'a,92000000,1,0,0'], /line 3 .*clock jumped/],
    ['too few fields', ['a,29000000,1,0'], /line 2 has 4 fields/], ['no key', [',29000000,1,0,0'], /line 2 has no key/],
  ])('names the line of %s, and says nothing else', async (_, rows, why) => {
    const { exitCode, stdout, stderr } = await run([header, ...rows].join('\n'));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(why);
    expect(stdout.replace('key,minute,kind,score\n', '')).toBe('');
  });

  it('asks for its header, whatever the order of the columns', async () => {
    expect((await run('a,29000000,1,0,0\n')).stderr).toMatch(/line 1 has to name the columns key,minute/);
    expect((await run('')).stderr).toMatch(/is empty/);
    expect((await run(`minute,denied,key,errors,requests,note\n${FIRST},0,"a,b",0,5,x\n`)).exitCode).toBe(0);
    expect((await run(gzipSync(header).subarray(0, 15))).exitCode).toBe(2);
  });

  it('counts a row once that is repeated, and adds up rows that differ', async () => {
    const twice = normal('a', 0, 2 * DAY + 60).flatMap((line) => [line, line]);
    expect(alarms((await run([header, ...twice].join('\n'))).stdout)).toEqual([]);
    const parts = normal('a', 0, 2 * DAY).concat(Array.from({ length: 12 }, (_, i) => row('a', 2 * DAY, 20 + i)));
    expect(told((await run([header, ...parts].join('\n'))).stdout)).toEqual([['a', 'spike', 0]]);
  });

  it('bears very many keys that are seen once', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => `k${i},${FIRST + Math.floor(i / 30)},1,0,0`);
    const before = process.memoryUsage().heapUsed;
    const { exitCode, stdout } = await run([header, ...rows].join('\n'));
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'key,minute,kind,score\n' });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400e6);
  });
});
