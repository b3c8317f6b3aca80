import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { FixedClock } from '@keytrail/platform';
import { startGithub, type GithubScanning } from '../../test/support/github-secret-scanning.js';
import { GithubKeyList } from './github-key-list.service.js';
import { LeakSettings } from './leaks.settings.js';

const MINUTE = 60_000;

describe('the list of GitHub\'s public keys', () => {
  let github: GithubScanning;
  let clock: FixedClock;
  let list: GithubKeyList;
  let before: number;
  const asked = () => github.asked() - before;

  beforeAll(async () => {
    github = await startGithub();
  });
  afterAll(() => github.stop());
  beforeEach(() => {
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    before = github.asked();
    github.answer(undefined);
    clock = new FixedClock(Date.parse('2026-03-01T12:00:00Z'));
    list = new GithubKeyList(new LeakSettings(github.url, [], 300), clock);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is fetched when it is needed, once for all who ask, and again after an hour', async () => {
    expect(asked()).toBe(0);
    const found = await Promise.all([1, 2, 3].map(() => list.find(github.key.identifier)));
    expect(found.every((verdict) => 'key' in verdict)).toBe(true);
    expect(asked()).toBe(1);
    clock.advance(59 * MINUTE);
    await list.find(github.key.identifier);
    expect(asked()).toBe(1);
    clock.advance(2 * MINUTE);
    expect(await list.find(github.key.identifier)).toHaveProperty('key');
    expect(asked()).toBe(2);
  });

  it('is fetched again for an unknown identifier, however many there are no more than every two minutes', async () => {
    await list.find(github.key.identifier);
    clock.advance(3 * MINUTE);
    expect(await list.find('made-up')).toEqual({ unknown: true });
    expect(asked()).toBe(2);
    for (let index = 0; index < 50; index += 1) expect(await list.find(`made-up-${index}`)).toEqual({ undecided: 120 });
    expect(asked()).toBe(2);
    clock.advance(30_000);
    expect(await list.find('made-up')).toEqual({ undecided: 90 });
    expect(await list.find(github.key.identifier)).toHaveProperty('key');
    const added = github.newKey();
    github.add(added);
    clock.advance(90_000);
    expect(await list.find(added.identifier)).toHaveProperty('key');
    expect(asked()).toBe(3);
  });

  it('leaves out keys of another curve or kind, and does not take a list without one that fits', async () => {
    const wrong = github.newKey('secp384r1');
    github.add(wrong);
    expect(await list.find(wrong.identifier)).toEqual({ unknown: true });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
    for (const body of ['', '{', '[]', '{"public_keys":[]}', JSON.stringify({ public_keys: [{ key_identifier: 'a', key: rsa }, { key_identifier: 'b', key: 'no key' }] })]) {
      const other = new GithubKeyList(new LeakSettings(github.url, [], 300), clock);
      github.answer((response) => response.writeHead(200).end(body));
      expect([body.slice(0, 20), await other.find('a')]).toEqual([body.slice(0, 20), { undecided: 120 }]);
    }
  });

  it.each([
    ['hangs before it answers', () => undefined],
    ['hangs in the middle', (response) => response.writeHead(200).write('{"public_keys":')],
    ['answers 500', (response) => response.writeHead(500).end('{}')],
    ['answers 10 MB', (response) => response.writeHead(200).end(`{"public_keys":[],"x":"${'x'.repeat(10_000_000)}"}`)],
    ['redirects', (response) => response.writeHead(302, { location: github.url }).end()],
    ['hangs up', (response) => response.destroy()],
  ] satisfies [string, Parameters<GithubScanning['answer']>[0]][])('that %s decides nothing, and the one before serves for a day', async (_, how) => {
    await list.find(github.key.identifier);
    github.answer(how);
    clock.advance(61 * MINUTE);
    expect(await list.find(github.key.identifier)).toHaveProperty('key');
    expect(asked()).toBe(2);
    expect(await list.find('made-up')).toEqual({ undecided: 120 });
    expect(asked()).toBe(2);
    clock.advance(24 * 60 * MINUTE);
    expect(await list.find(github.key.identifier)).toEqual({ undecided: 120 });
    github.answer(undefined);
    clock.advance(2 * MINUTE);
    expect(await list.find(github.key.identifier)).toHaveProperty('key');
  });
});
