import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChangeLine, FoundLine } from './backtest/found.js';
import { runCli } from './program.js';

const capture = fileURLToPath(new URL('../../test/fixtures/cloudtrail-stolen-role.ndjson', import.meta.url));
const STOLEN = 'ASIAEXAMPLESTOLEN001';

describe('keytrail backtest logs', () => {
  let folder: string;
  let temporary: string;
  const usual = process.env['TMPDIR'];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keytrail-backtest-spec-'));
    temporary = join(folder, 'tmp');
    await mkdir(temporary);
    process.env['TMPDIR'] = temporary;
  });
  afterEach(async () => {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const run = async (args: string[], options: { stdin?: string; tty?: boolean; onText?: (text: string) => void; signal?: AbortSignal } = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    let said = '';
    stderr.on('data', (chunk: Buffer) => {
      said += String(chunk);
      options.onText?.(said);
    });
    const exitCode = await runCli(['backtest', 'logs', ...args], {
      version: '0.0.0', stdin: Readable.from([Buffer.from(options.stdin ?? '')]), stdout, stderr: Object.assign(stderr, { isTTY: options.tty ?? false }),
      signal: options.signal ?? new AbortController().signal,
    });
    expect(await readdir(temporary)).toEqual([]);
    const lines = String(stdout.read() ?? '').split('\n').slice(0, -1);
    return { exitCode, stderr: said, text: lines.join('\n'), found: lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as FoundLine) };
  };

  it('finds the stolen key of a CloudTrail capture and says from when to when, by what numbers and by which requests, leaving nothing behind', async () => {
    const { exitCode, stderr, found } = await run(['--format', 'cloudtrail', capture]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(found).toMatchObject([{
      rule: 'machine-credential-by-hand', workspace: 'default', key: STOLEN, severity: 'critical', start: '2020-09-14T01:10:10.000Z',
      end: '2020-09-14T01:20:20.000Z', numbers: { requests: 7, addresses: 1, not_refused: 6 }, addresses: ['203.0.113.50'],
    }]);
    expect(found[0]!.request_ids).toHaveLength(7);
  });

  it('reads gzipped files and standard input, of workspaces that are registered nowhere', async () => {
    const lines = (await readFile(capture, 'utf8')).trim().split('\n');
    const { exitCode, found } = await run(['--format', 'cloudtrail', '--workspace', 'acme', await file('first.gz', gzipSync(lines.slice(0, 6).join('\n'))), '-'], { stdin: lines.slice(6).join('\n') });
    expect(exitCode).toBe(0);
    expect(found).toMatchObject([{ key: STOLEN, workspace: 'acme', numbers: { requests: 7 } }]);
  });

  it('tells a bad line with its number and goes on with the others', async () => {
    const lines = (await readFile(capture, 'utf8')).trim().split('\n');
    const path = await file('capture.ndjson', ['', lines[0], '{"broken', ...lines.slice(1), '{"eventID":"no time"}'].join('\n'));
    const { exitCode, stderr, found } = await run(['--format', 'cloudtrail', path]);
    expect(exitCode).toBe(1);
    expect(stderr.split('\n')).toEqual([expect.stringContaining(`${path}:3: invalid_json`), expect.stringContaining(`${path}:${lines.length + 3}: `), '']);
    expect(found).toMatchObject([{ key: STOLEN, numbers: { requests: 7 } }]);
  });

  it('stops with Ctrl-C, leaving nothing behind', async () => {
    const stop = new AbortController();
    const { exitCode, found } = await run(['--format', 'cloudtrail', capture], { tty: true, signal: stop.signal, onText: (text) => { if (text.includes('judging')) stop.abort(); } });
    expect(exitCode).toBe(130);
    expect(found).toEqual([]);
  });

  it('says what is wrong with a call before it opens anything', async () => {
    expect(await run(['--format', 'cloudtrail', join(folder, 'missing'), folder])).toMatchObject({
      exitCode: 2, stderr: expect.stringMatching(/missing: no such file\n.*: is a directory\n$/),
    });
    expect(await run(['--format', 'nonsense', capture])).toMatchObject({ exitCode: 2, found: [] });
  });

  it('stops at a file of which no line fits, and says what may be said instead', async () => {
    const { exitCode, stderr } = await run([await file('some.ndjson', '{"nothing":"known"}\n')]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/some\.ndjson: no line fits a format; say which it is with --format: native/);
  });

  it('shows how far it is to who watches', async () => {
    const { stderr } = await run(['--format', 'cloudtrail', capture], { tty: true });
    expect(stderr).toMatch(/reading.*100%[^]*judging.*100%/);
  });

  /** Ten refused calls of one key, thirty of another, and the capture. */
  const history = async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 12, 0, second)).toISOString();
    const denied = (key: string, count: number) => Array.from({ length: count }, (_, index) =>
      JSON.stringify({ time: at(index), request_id: `${key}-${index}`, key_id: key, method: 'GET', path: '/', status: 403, address: '192.0.2.1' }));
    return file('history.ndjson', [...denied('few', 10), ...denied('many', 30), await readFile(capture, 'utf8')].join('\n'));
  };

  it('shows which findings other settings would add and change', async () => {
    const { exitCode, stderr, found } = await run(['--json', '--what-if', 'denied-burst.min_denied=8', '--what-if', 'denied-burst.window_minutes=1', await history()]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(found as ChangeLine[]).toMatchObject([
      { change: 'added', rule: 'denied-burst', key: 'few', numbers: { seen: 10, window_minutes: 1 } },
      { change: 'changed', rule: 'denied-burst', key: 'many', numbers: { window_minutes: 1 }, before: { severity: 'high', numbers: { window_minutes: 5 } } },
    ]);
  });

  it('shows people which findings other settings would remove', async () => {
    const { text } = await run(['--what-if', 'denied-burst.min_denied=31', await history()]);
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^change +severity +rule +key +start +summary$/),
      expect.stringMatching(/^removed +high +denied-burst +many /), '0 added, 1 removed, 0 changed, 1 as before',
    ]);
  });

  it('asks rules of a folder as well, and takes what-ifs of them', async () => {
    const rules = join(folder, 'rules');
    await mkdir(rules);
    await writeFile(join(rules, 'refused.yml'), `title: Refused at the root
id: refused-root
name: refused_root
level: medium
detection:
  refused:
    path: /
    status: 403
  condition: refused
---
title: Often refused at the root
id: often-refused
level: high
correlation:
  type: event_count
  rules: [refused_root]
  group-by: [key_id]
  timespan: 5m
  condition:
    gte: 20
`);
    const logs = await history();
    expect((await run(['--rules', rules, logs])).found.map(({ rule, key }) => `${rule} ${key}`)).toContain('custom-often-refused many');
    const changes = (await run(['--json', '--rules', rules, '--what-if', 'custom-often-refused.at_least=10', logs])).found as ChangeLine[];
    expect(changes.map(({ change, rule, key }) => `${change} ${rule} ${key}`).sort()).toEqual(['added custom-often-refused few', 'changed custom-often-refused many']);
    await writeFile(join(rules, 'wrong.yml'), 'title: nothing');
    expect(await run(['--rules', rules, logs])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--rules: wrong.yml: ') });
  }, 60_000);

  it('says which settings there are when one is asked for that is not', async () => {
    expect(await run(['--what-if', 'denied-burst.threshold=3', capture])).toMatchObject({
      exitCode: 2, stderr: 'keytrail: --what-if denied-burst has no setting threshold; it has window_minutes, min_denied, min_ratio, min_score\n',
    });
  });
});
