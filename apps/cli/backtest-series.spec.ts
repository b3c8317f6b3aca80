import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runKeytrail } from '../../test/support/cli.js';

const START = Date.UTC(2026, 0, 5);
const valueAt = (row: number): number => (row === 900 ? 500 : 100 + 20 * Math.sin(row / 40) + ((row * 7919) % 13));
const lines = (time: (ms: number) => string, rows = 1000) => ['timestamp,value', ...Array.from({ length: rows }, (_, row) => `${time(START + row * 300_000)},${valueAt(row)}`)];
const iso = (ms: number) => new Date(ms).toISOString();

describe('keytrail backtest series', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keytrail-series-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = async (content: string | Buffer) => {
    const path = join(folder, 'file.csv');
    await writeFile(path, content);
    const { exitCode, stdout, stderr } = await runKeytrail('backtest', 'series', path);
    return { exitCode, rows: stdout.trim().split('\n'), stderr };
  };
  const scores = (rows: readonly string[]) => rows.slice(1).map((row) => row.split(',')[2]);

  it('writes each row as it came, with its score, however times are written', async () => {
    const { exitCode, rows } = await run(lines(iso).join('\n'));
    expect({ exitCode, header: rows[0], count: rows.length }).toEqual({ exitCode: 0, header: 'timestamp,value,anomaly_score', count: 1001 });
    expect(rows[501]!.startsWith(lines(iso)[501]!)).toBe(true);
    expect(scores(rows).flatMap((score, row) => (Number(score) >= 0.5 ? [row] : []))).toEqual([900]);
    for (const time of [(ms: number) => iso(ms).slice(0, 19).replace('T', ' '), (ms: number) => String(ms / 1000), String, (ms: number) => iso(ms).replace('Z', '+00:00')]) {
      expect(scores((await run(gzipSync(lines(time).join('\r\n')))).rows)).toEqual(scores(rows));
    }
  });

  it('scores a row by the rows before it: a file cut short says the same of what is left', async () => {
    const whole = (await run(lines(iso).join('\n'))).rows;
    expect((await run(lines(iso, 700).join('\n'))).rows).toEqual(whole.slice(0, 701));
  });

  it('lets missing values and gaps pass', async () => {
    const some = lines(iso).filter((_, index) => index < 300 || index > 340).map((line, index) => (index === 500 ? line.replace(/,.*/, ',') : index === 501 ? line.replace(/,.*/, ',NaN') : line));
    const { exitCode, rows } = await run(some.join('\n'));
    expect(exitCode).toBe(0);
    expect(rows[500]).toMatch(/,,0$/);
  });

  it.each([
    ['a value that is none', 'timestamp,value\n2026-01-05,high\n', /line 2 has "high" for a value/], ['a time that is none', 'timestamp,value\nmonday,1\n', /line 2 has no timestamp: "monday"/],
    ['other columns', 'time,count\n1,2\n', /has to name the columns timestamp,value/],
  ])('names the line of %s', async (_, text, why) => {
    expect(await run(text)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(why) });
  });
});
