import { randomBytes } from 'node:crypto';
import { Detection } from '@keytrail/detection';
import { Correlation } from '@keytrail/incidents';
import { AppLogger, JobSchedule, readSettings } from '@keytrail/platform';
import { StandaloneSettings } from '../../apps/standalone/settings.js';
import { startStandalone, type Standalone } from '../../apps/standalone/start.js';
import { placeEmbeddedPostgres } from './postgres-template.js';
import { createTempDir } from './temp-dir.js';

/** An answer with its body read. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface CallOptions {
  method?: string;
  /** Objects are sent as JSON; strings and buffers as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Access token; null = none. Default: the administrator's. */
  token?: string | null;
}

/** Keytrail whole, in this process: real HTTP on a free loopback port, real stores, an empty data directory. */
export interface TestApp {
  url: string;
  adminToken: string;
  standalone: Standalone;
  call<T = Record<string, unknown>>(path: string, options?: CallOptions): Promise<Answer<T>>;
  /** Detection and correlation, at once and to the end; the schedule is off. */
  detect(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Keytrail for a suite. `env` holds further settings (Kafka, servers instead of the embedded stores); `dashboard`: directory of its built files. */
export async function startTestApp(env: Record<string, string> = {}, { dashboard }: { dashboard?: string } = {}): Promise<TestApp> {
  const directory = await createTempDir('keytrail-app-');
  const adminToken = `test-admin-${randomBytes(12).toString('hex')}`;
  const start = async () => {
    const settings = readSettings(StandaloneSettings, {
      KEYTRAIL_PORT: '0', KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: adminToken, ...env,
    });
    if (settings.KEYTRAIL_POSTGRES_URL === undefined) await placeEmbeddedPostgres(settings.KEYTRAIL_DATA_DIR);
    return startStandalone(settings, { logger: new AppLogger({ json: true, quiet: true }), version: 'test', schedule: JobSchedule.off, ...(dashboard !== undefined && { dashboard }) });
  };
  const standalone = await start().catch(async (error: unknown) => {
    await directory.remove();
    throw error;
  });
  return {
    url: standalone.url,
    adminToken,
    standalone,
    call: (path, options) => callServer(standalone.url, adminToken, path, options),
    async detect() {
      await standalone.app.get(Detection, { strict: false }).tick();
      await standalone.app.get(Correlation, { strict: false }).correlatePending();
    },
    async stop() {
      await standalone.stop().finally(() => directory.remove());
    },
  };
}

/** Calls a Keytrail at `url`; `adminToken` unless the options name another. */
export async function callServer<T>(url: string, adminToken: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const { token = adminToken, body } = options;
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const response = await fetch(`${url}${path}`, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers,
    },
    ...(body !== undefined && { body: isRaw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: (isJson && text !== '' ? JSON.parse(text) : text) as T };
}
