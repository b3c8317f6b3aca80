import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiKey, Containment, Problem } from '@keytrail/contracts';
import { AppLogger, JobSchedule, readSettings } from '@keytrail/platform';
import { StandaloneSettings } from '../../apps/standalone/settings.js';
import { startStandalone, type Standalone } from '../../apps/standalone/start.js';
import { startFakeKeyPlatform, type FakeKeyPlatform } from '../support/fake-key-platform.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

describe('a process that was told of a key platform', () => {
  const adminToken = `test-admin-${randomBytes(12).toString('hex')}`;
  let platform: FakeKeyPlatform;
  let directory: TempDir;
  let standalone: Standalone;

  beforeAll(async () => {
    platform = await startFakeKeyPlatform();
    directory = await createTempDir('keytrail-app-');
    const settings = readSettings(StandaloneSettings, {
      KEYTRAIL_PORT: '0', KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: adminToken, KEYTRAIL_KEY_PLATFORM_URL: platform.url,
      KEYTRAIL_KEY_PLATFORM_TOKEN: platform.token, KEYTRAIL_KEY_PLATFORM_SYNC_S: '5', KEYTRAIL_KEY_PLATFORM_TIMEOUT_MS: '400', KEYTRAIL_KEY_PLATFORM_SETTLE_MS: '0',
    });
    standalone = await startStandalone(settings, { logger: new AppLogger({ json: true, quiet: true }), version: 'test', schedule: new JobSchedule(0, 0, 0, 0, 0, 0, 100) });
  });
  afterAll(async () => {
    await standalone.stop().finally(() => directory.remove());
    await platform.close();
  });

  const call = async <T>(path: string, body?: object): Promise<T> => (await fetch(`${standalone.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST', headers: { 'authorization': `Bearer ${adminToken}`, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }),
  })).json() as Promise<T>;

  it('reads its keys by itself, and goes on by itself with a revocation that failed', async () => {
    const key = platform.add();
    await waitFor(async () => (await call<ApiKey>(`/v1/api-keys/${key.id}`)).key_id === key.id, { what: 'the mirror of the key', timeoutMs: 30_000 });
    platform.fail('DELETE', '500_before', 3);
    const failed = await call<Problem & { containment_id: string }>(`/v1/api-keys/${key.id}/revoke-and-replace`, { reason: 'leaked' });
    expect(failed.code).toBe('containment_incomplete');
    const revoked = await waitFor(async () => {
      const seen = await call<Containment>(`/v1/containments/${failed.containment_id}`);
      return seen.steps.some(({ step, state }) => step === 'old_key_revoked' && state === 'done') ? seen : undefined;
    }, { what: 'the revocation to be gone on with', timeoutMs: 60_000 });
    expect(platform.keys.get(key.id)!.revoked_at).toEqual(expect.any(String));
    // Nobody is there to be shown a secret.
    expect(revoked.steps).toContainEqual(expect.objectContaining({ step: 'successor_issued', state: 'pending' }));
    expect(platform.successorsOf(key.id)).toEqual([]);
  });
});
