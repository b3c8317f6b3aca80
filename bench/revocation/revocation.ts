import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { CreatedApiKey } from '@keytrail/contracts';
import { findPostgresBin } from '../../test/support/find-programs.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { createDatabase } from '../support/database.js';
import { callApi, quantile, serve, startServer } from '../support/serve.js';
import { subscribe } from './subscriber.js';

const options = {
  subscribers: { type: 'string', default: '200' }, revocations: { type: 'string', default: '100' }, 'every-ms': { type: 'string', default: '100' },
  json: { type: 'boolean', default: false }, 'embedded-postgres': { type: 'boolean', default: false },
  // Of the server, which runs as a process of its own.
  serve: { type: 'string' }, postgres: { type: 'string', default: '' },
} as const;

interface Measured {
  p50_ms: number;
  p99_ms: number;
  max_ms: number;
  /** Of subscribers times revocations: what was not heard within ten seconds after the last. */
  missed: number;
}

const LATEST_MS = 10_000;

/** `npm run bench:revocation -- [--subscribers N] [--revocations N] [--every-ms N] [--embedded-postgres] [--json]` */
export async function revocation(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  if (values.serve !== undefined) return serve(values.serve, values.postgres);
  const [subscribers, revocations, everyMs] = [Number(values.subscribers), Number(values.revocations), Number(values['every-ms'])];
  if (!(subscribers >= 1 && revocations >= 1 && everyMs >= 0)) throw new Error('--subscribers and --revocations take numbers from 1, --every-ms from 0');
  const servers = await KeeperLine.open();
  try {
    const bin = values['embedded-postgres'] ? undefined : findPostgresBin();
    const embedded = await measure('', subscribers, revocations, everyMs);
    const server = bin === undefined ? undefined : await measure(await createDatabase((await servers.start<{ url: string }>('postgres', { bin })).url), subscribers, revocations, everyMs);
    for (const [form, one] of Object.entries({ embedded, ...(server && { server }) })) {
      process.stdout.write(`Postgres ${form}: ${revocations} revocations to ${subscribers} subscribers: p50 ${one.p50_ms} ms, p99 ${one.p99_ms} ms, max ${one.max_ms} ms, missed ${one.missed}\n`);
    }
    if (values.json) {
      process.stdout.write(`${JSON.stringify({
        p99_ms: Math.max(embedded.p99_ms, server?.p99_ms ?? 0), missed: embedded.missed + (server?.missed ?? 0), subscribers, revocations, embedded, server: server ?? null,
      })}\n`);
    }
  } finally {
    servers.close();
  }
}

/** From the answer to the revocation, when it is done, to the moment that each subscriber hears of it; never less than 0. */
async function measure(postgres: string, count: number, revocations: number, everyMs: number): Promise<Measured> {
  const server = await startServer('revocation', postgres);
  try {
    const { owner_id } = await callApi<{ owner_id: string }>(server, '/v1/owners', { name: 'bench', kind: 'team', contact: '#bench' });
    const { token } = await callApi<{ token: string }>(server, '/v1/access-tokens', { name: 'bench', role: 'gateway' });
    const keys: string[] = [];
    for (let index = 0; index < revocations; index += 1) {
      keys.push((await callApi<CreatedApiKey>(server, '/v1/api-keys', { workspace: 'default', service: 'bench', owner_id })).key_id);
    }
    const subscribers = await Promise.all(Array.from({ length: count }, () => subscribe(server.url, token)));
    const done = new Map<string, number>();
    for (const key of keys) {
      await callApi(server, `/v1/api-keys/${key}`, undefined, 'DELETE');
      done.set(key, performance.now());
      await delay(everyMs);
    }
    const all = () => subscribers.every(({ heard }) => heard.size >= keys.length);
    for (const end = performance.now() + LATEST_MS; !all() && performance.now() < end;) await delay(50);
    const waits = subscribers.flatMap(({ heard }) => keys.flatMap((key) => {
      const at = heard.get(key);
      return at === undefined ? [] : [Math.max(0, at - done.get(key)!)];
    })).sort((a, b) => a - b);
    for (const subscriber of subscribers) subscriber.close();
    const round = (value: number) => Number(value.toFixed(1));
    return { p50_ms: round(quantile(waits, 0.5)), p99_ms: round(quantile(waits, 0.99)), max_ms: round(quantile(waits, 1)), missed: count * keys.length - waits.length };
  } finally {
    await server.stop();
  }
}
