import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from './program.js';
import { FakeIntake } from './spec-support/fake-intake.js';

const token = 'kt_token_never_to_be_seen';
const json = (count: number, from = 0) => Array.from({ length: count }, (_, index) => JSON.stringify({ request_id: `r${from + index}` }));

describe('keytrail import', () => {
  let server: FakeIntake;
  let folder: string;
  beforeEach(async () => {
    server = await new FakeIntake().start();
    folder = await mkdtemp(join(tmpdir(), 'keytrail-import-'));
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const run = async (args: string[], options: { stdin?: string; signal?: AbortSignal } = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const exitCode = await runCli(['import', '--url', server.url, '--token', token, ...args], {
      version: '0.0.0', stdin: Readable.from([Buffer.from(options.stdin ?? '')]), stdout, stderr, signal: options.signal ?? new AbortController().signal,
    });
    const said = { exitCode, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
    expect(said.stdout + said.stderr).not.toContain(token);
    return said;
  };
  const totals = async (args: string[], options = {}) => JSON.parse((await run(['--json', ...args], options)).stdout) as Record<string, unknown>;
  const sent = () => server.batches.flatMap(({ lines }) => lines);

  it('sends every line, in order, in batches of at most 5,000', async () => {
    const lines = json(12_001);
    const result = await run([await file('a.ndjson', `${lines.join('\n')}\n`)]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toBe('1 file: 12,001 lines received, 12,001 stored, 0 duplicate, 0 dead-lettered\n');
    expect(server.batches.map((batch) => batch.lines.length)).toEqual([5_000, 5_000, 2_001]);
    expect(sent()).toEqual(lines);
  });

  it('keeps batches under 4 MiB', async () => {
    const line = JSON.stringify({ filler: 'x'.repeat(1_500_000) });
    await run([await file('a.ndjson', Array(5).fill(line).join('\n'))]);
    expect(server.batches.map((batch) => batch.lines.length)).toEqual([2, 2, 1]);
  });

  it('says what the lines are, and whose', async () => {
    await run(['--format', 'kong', '--workspace', 'acme', await file('a.ndjson', '{}\n')]);
    expect(server.batches[0]?.query).toEqual({ format: 'kong', workspace: 'acme' });
    expect(server.batches[0]?.headers).toMatchObject({
      'content-type': 'application/x-ndjson', 'content-encoding': 'gzip', authorization: `Bearer ${token}`,
    });
  });

  it('stores nothing twice when a file is sent again, compressed or not', async () => {
    const text = json(5_001).join('\n');
    expect(await totals([await file('a.ndjson', text)])).toMatchObject({ received: 5_001, stored: 5_001, duplicates: 0 });
    expect(await totals([await file('b.gz', gzipSync(text))])).toMatchObject({ received: 5_001, stored: 0, duplicates: 5_001 });
  });

  it('lets the server tell the format of each line, if it is not said', async () => {
    const path = await file('a.log', '192.0.2.1 - - [01/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1\n{"Records":[]}\n');
    await run([path]);
    expect(server.batches.map(({ query, lines }) => [query['format'], lines.length])).toEqual([['auto', 2]]);
    await run([await file('trail.json', '{"Records":[{"eventID":"a"},{"eventID":"b"}]}')]);
    expect(server.batches[1]!.lines).toEqual(['{"eventID":"a"}', '{"eventID":"b"}']);
  });

  it('stops at a file of which the server knows no line, and says what may be said instead', async () => {
    const unknown = (lines: number) => ({
      status: 422, body: { status: 422, title: 'x', received: lines, stored: 0, dead_lettered: lines, duplicate: false, errors: [{ line: 1, code: 'unknown_format', reason: 'x' }] },
    });
    server.instead = [unknown(5_000), unknown(5_000)];
    const path = await file('a.ndjson', json(20_000).join('\n'));
    const result = await run(['--json', path]);
    expect(result).toMatchObject({ exitCode: 2, stderr: `keytrail: ${path}: no line fits a format; say which it is with --format: native, kong, cloudtrail, envoy, api-gateway, ocsf, combined\n` });
    expect(server.batches.length).toBeLessThanOrEqual(2);
    expect(JSON.parse(result.stdout)).toMatchObject({ stored: 0, dead_lettered: 5_000 });
  });

  it('goes on where some lines of the first batch are known', async () => {
    server.instead = [{ status: 200, body: { received: 2, stored: 1, dead_lettered: 1, duplicate: false, errors: [{ line: 1, code: 'unknown_format', reason: 'x' }] } }];
    expect((await run([await file('a.ndjson', '{"a":1}\n{"b":2}')])).exitCode).toBe(1);
  });

  it('gives the same bytes other idempotency keys in another format or workspace', async () => {
    const path = await file('a.ndjson', '{}\n');
    await run([path]);
    await run([path, '--format', 'kong']);
    await run([path, '--workspace', 'acme']);
    expect(new Set(server.batches.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
  });

  it('names bad lines by their place in the file, across batches and blank lines', async () => {
    const path = await file('a.ndjson', [...json(5_000), '', 'bad one', ...json(2), '\r', 'bad two', ''].join('\r\n'));
    const result = await run([path]);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain('5,004 lines received, 5,002 stored, 0 duplicate, 2 dead-lettered');
    expect(result.stdout).toContain(`${path}:5002: malformed_json: not JSON`);
    expect(result.stdout).toContain(`${path}:5006: malformed_json: not JSON`);
  });

  it('counts a batch of bad lines only, which is answered 422', async () => {
    const path = await file('a.ndjson', 'bad\nworse\n');
    expect(await totals([path])).toEqual({
      files: 1, received: 2, stored: 0, duplicates: 0, dead_lettered: 2, not_sent: 0,
      errors: [1, 2].map((line) => ({ file: path, line, code: 'malformed_json', reason: 'not JSON' })),
    });
  });

  it('does not send a line longer than a batch, and loses no neighbour to it', async () => {
    const path = await file('a.ndjson', ['{"a":1}', JSON.stringify({ filler: 'x'.repeat(10_000_000) }), '{"b":2}'].join('\n'));
    const result = await run(['--json', path]);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ stored: 2, not_sent: 1, errors: [{ file: path, line: 2, code: 'line_too_long' }] });
    expect(sent()).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('splits a batch the server finds too large, down to the line that is', async () => {
    server.largest = 1_000;
    const path = await file('a.ndjson', [...json(100), JSON.stringify({ filler: 'x'.repeat(2_000) }), ...json(100, 100)].join('\n'));
    expect(await totals([path])).toMatchObject({ stored: 200, not_sent: 1, errors: [{ line: 101, code: 'body_too_large' }] });
  });

  it('takes CloudTrail documents apart, with line and item of what is bad', async () => {
    const records = [{ eventID: 'a', nested: { list: [1, { x: ']}"' }] } }, { eventID: 'b' }];
    const pretty = await file('pretty.json', JSON.stringify({ Records: records }, null, 2));
    const dense = await file('dense.json.gz', gzipSync(`\ufeff${JSON.stringify({ Records: records, more: { Records: [3] } })}`));
    const listed = await file('list.json', '[{"eventID":"c"},\n oops, {"eventID":"d"}]');
    const result = await run(['--format', 'cloudtrail', pretty, dense, listed]);
    expect(sent().filter((line) => line !== 'oops').map((line) => JSON.parse(line) as unknown))
      .toEqual([...records, ...records, { eventID: 'c' }, { eventID: 'd' }]);
    expect(result.stdout).toContain('3 files: 7 lines received, 6 stored');
    expect(result.stdout).toContain(`${listed}:2 (item 2): malformed_json`);
  });

  it('tells of a document that ends too early, after sending what was whole', async () => {
    const path = await file('cut.json', '{"Records":[{"eventID":"a"},\n{"eventID":');
    expect(await totals(['--format', 'cloudtrail', path])).toMatchObject({
      stored: 1, not_sent: 1, errors: [{ file: path, line: 2, code: 'document_cut_short' }],
    });
  });

  it('reads standard input', async () => {
    expect(await totals(['-'], { stdin: '{"a":1}\n{"b":2}' })).toMatchObject({ files: 1, stored: 2 });
  });

  it('sends a batch again, with the same key, after 503, 429 and a lost answer', async () => {
    server.instead = [{ status: 503 }, { status: 429, headers: { 'retry-after': '0' } }, 'drop'];
    expect(await totals([await file('a.ndjson', '{}\n')])).toMatchObject({ stored: 1 });
    expect(server.batches).toHaveLength(4);
    expect(new Set(server.batches.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('ends with 2 and the totals so far when the server refuses the token', async () => {
    server.instead = [{ status: 401, body: { title: 'Not signed in', status: 401, code: 'unauthenticated' } }];
    const result = await run([await file('a.ndjson', '{}\n')]);
    expect(result).toMatchObject({ exitCode: 2, stderr: 'keytrail: POST /v1/request-logs answered 401: Not signed in\n' });
    expect(result.stdout).toContain('0 stored');
  });

  it('ends with 2 and sends nothing when a file is missing', async () => {
    const missing = join(folder, 'missing.ndjson');
    const result = await run([await file('a.ndjson', '{}\n'), missing]);
    expect(result).toMatchObject({ exitCode: 2, stderr: `keytrail: ${missing}: no such file\n` });
    expect(server.batches).toEqual([]);
  });

  it('ends with 2 when a gzipped file is broken', async () => {
    const whole = gzipSync(json(50_000).join('\n'));
    const result = await run([await file('a.gz', whole.subarray(0, whole.length / 2))]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('cannot be unpacked');
  });

  it.each([
    ['an unknown format', ['--format', 'xml', 'a']], ['no file', []], ['an unknown option', ['--colour', 'a']],
    ['a url that is none', ['--url', 'ftp://x', 'a']],
  ])('ends with 2 for %s', async (_name, args) => {
    expect((await run(args)).exitCode).toBe(2);
  });

  it('ends with 130 and the totals so far when interrupted amid a wait', async () => {
    const stop = new AbortController();
    server.instead = [{ status: 503, headers: { 'retry-after': '60' } }];
    server.onBatch = () => { stop.abort(); };
    const result = await run([await file('a.ndjson', '{}\n')], { signal: stop.signal });
    expect(result).toMatchObject({ exitCode: 130, stderr: '' });
    expect(result.stdout).toContain('0 stored');
  });
});
