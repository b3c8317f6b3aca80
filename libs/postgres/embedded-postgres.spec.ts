import { mkdirSync, mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openEmbeddedPostgres } from './embedded-postgres.js';

let parent: string;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'keytrail-embedded-'));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

it('makes a database once and finds in it what was written', async () => {
  const directory = join(parent, 'data');
  // As a process leaves it that was killed while it made one.
  mkdirSync(`${directory}.unfinished`, { recursive: true });
  writeFileSync(join(`${directory}.unfinished`, 'PG_VERSION'), '1');
  const first = await openEmbeddedPostgres(directory);
  await first.exec('CREATE TABLE kept (value text); INSERT INTO kept VALUES (\'yes\')');
  await first.close();
  const second = await openEmbeddedPostgres(directory);
  expect((await second.query('SELECT value FROM kept')).rows).toEqual([{ value: 'yes' }]);
  await second.close();
  expect(existsSync(`${directory}.unfinished`)).toBe(false);
});

it('says so where none can be made', async () => {
  writeFileSync(join(parent, 'file'), '');
  await expect(openEmbeddedPostgres(join(parent, 'file', 'data'))).rejects.toThrow();
});
