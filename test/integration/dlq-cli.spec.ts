import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeadLetter } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { runKeytrail } from '../support/cli.js';
import { clickhouseOf, countsOfKey, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';

describe('keytrail dlq', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app?.stop());

  const run = (...args: string[]) => runKeytrail('dlq', ...args, '--url', app.url, '--token', app.adminToken);
  const listed = async (...args: string[]) => (await run('list', '--json', ...args)).stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as DeadLetter);

  it('lists what waits, shows one, says what a replay would do, and replays page by page, each once', async () => {
    const [key, workspace] = [newName('key'), newName('ws')];
    await app.call('/v1/request-logs', { body: ndjson([...Array.from({ length: 130 }, () => nativeLine({ key_id: key, workspace })), '{"broken']) });
    expect((await run('list', '--code', 'unknown_workspace', '--limit', '5')).stdout).toMatch(/^(dl_\w{32}  \S+  -  batch \w+ line \d+  unknown_workspace: .+\n){5}more than 5: /);
    const [letter] = await listed('--code', 'invalid_json');
    expect((await run('show', letter!.dead_letter_id)).stdout).toContain('refused:   invalid_json: not valid JSON\n');
    expect(await run('show', 'dl_none')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('404') });

    await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: workspace, environment: 'test' } });
    expect(await run('replay', '--code', 'unknown_workspace', '--dry-run')).toEqual({ exitCode: 0, stdout: '130 dead letters: 130 would be stored, 0 stay\n', stderr: '' });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(0));
    const all = await run('replay', '--all');
    expect(all).toEqual({ exitCode: 1, stdout: `131 dead letters: 130 stored, 1 stays\n  ${letter!.dead_letter_id}: refused: invalid_json: not valid JSON\n`, stderr: '' });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(130));
    expect(await listed()).toHaveLength(1);
    const replayed = await listed('--all', '--limit', '1000');
    expect(replayed).toHaveLength(131);
    expect(await run('replay', ...replayed.slice(-3).map(({ dead_letter_id }) => dead_letter_id))).toEqual({ exitCode: 0, stdout: '3 dead letters: 0 stored, 3 already replayed, 0 stay\n', stderr: '' });
    expect((await run('replay', letter!.dead_letter_id)).stdout).toMatch(/^1 dead letter: 0 stored, 1 stays\n/);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(130));
  });

  it.each([
    ['no letters are named', ['replay']], ['they are named twice', ['replay', 'dl_x', '--all']], ['the format is none', ['replay', '--all', '--as-format', 'xml']],
    ['the limit is none', ['list', '--limit', '0']], ['the time is none', ['list', '--from', 'yesterday']],
  ])('ends with 2 when %s', async (_name, args) => {
    expect((await run(...args)).exitCode).toBe(2);
  });
});
