import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { callFrom } from '../support/registry.js';
import { allThatIsStored } from '../support/request-lines.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';

/** Starts on one data directory, one after another. */
describe('the administrator\'s token', () => {
  let directory: TempDir;
  let app: TestApp | undefined;
  beforeEach(async () => {
    directory = await createTempDir();
  });
  afterEach(async () => {
    await app?.stop();
    await directory.remove();
  });

  const restart = async (token = ''): Promise<TestApp> => {
    await app?.stop();
    app = undefined;
    return app = await startTestApp({ KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: token });
  };
  const works = async (running: TestApp, token: string) => (await callFrom(running, '10.4.0.1', '/v1/audit-entries', { token })).status === 200;

  it('is made at the first start, told once and kept as a digest; one that is set takes its place for good', async () => {
    const first = await restart();
    const made = first.standalone.newAdminToken!;
    expect(made).toMatch(/^kt_access_[0-9A-Za-z]{36}$/);
    expect(await works(first, made)).toBe(true);
    expect(await allThatIsStored(first)).not.toContain(made.slice('kt_access_'.length, -6));

    const second = await restart();
    expect(second.standalone.newAdminToken).toBeUndefined();
    expect(await works(second, made)).toBe(true);

    const chosen = 'administrator-chosen-by-hand';
    const third = await restart(chosen);
    expect(third.standalone.newAdminToken).toBeUndefined();
    expect([await works(third, made), await works(third, chosen)]).toEqual([false, true]);
    expect(await allThatIsStored(third)).not.toContain(chosen);
    const { body } = await third.call<AuditPage>('/v1/audit-entries?object_id=tok_administrator', { token: chosen });
    expect(body.data.map(({ action, actor }) => [action, actor])).toEqual([['access_token.replaced', 'keytrail'], ['access_token.created', 'keytrail']]);
  });
});
