import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { IncidentPage } from '@keytrail/contracts';
import { findPostgresBin } from '../../test/support/find-programs.js';
import { KeeperLine } from '../../test/support/server-keeper.js';
import { createDatabase } from '../support/database.js';
import { callApi, quantile } from '../support/serve.js';
import { serveAndFeed, startFedServer } from './fed-server.js';
import { startReceiver } from './receiver.js';

const options = {
  rate: { type: 'string', default: '50' }, seconds: { type: 'string', default: '30' }, storm: { type: 'string', default: '100000' }, 'embedded-postgres': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  // Of the server, which runs as a process of its own.
  serve: { type: 'string' }, postgres: { type: 'string', default: '' },
} as const;

const LATEST_MS = 60_000;
/** A storm is through when nothing has come for so long and every finding is in its incident. */
const STORM_LATEST_MS = 3_600_000;
const STEADY = 'steady';
const STORM = 'storm';

/**
 * `npm run bench:alerts -- [--rate N] [--seconds N] [--storm N] [--embedded-postgres] [--json]`: from the moment a finding is stored to the moment a webhook
 * is told of its incident, with so many incidents a second; then a storm of findings on one cause.
 */
export async function alerts(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  if (values.serve !== undefined) return serveAndFeed(values.serve, values.postgres);
  const [rate, seconds, storm] = [Number(values.rate), Number(values.seconds), Number(values.storm)];
  if (!(rate >= 1 && seconds >= 1 && storm >= 0)) throw new Error('--rate and --seconds take numbers from 1, --storm from 0');
  const servers = await KeeperLine.open();
  try {
    const bin = values['embedded-postgres'] ? undefined : findPostgresBin();
    const postgres = bin === undefined ? '' : await createDatabase((await servers.start<{ url: string }>('postgres', { bin })).url);
    const result = await measure(postgres, rate, seconds, storm);
    process.stdout.write(`Postgres ${postgres === '' ? 'embedded' : 'server'}: ${rate} incidents a second for ${seconds} s, finding stored to webhook received: p50 ${result.p50_s} s, p99 ${result.p99_s} s, max ${result.max_s} s, missed ${result.missed}; incident opened to webhook received: p99 ${result.opened_to_received_p99_s} s\n`
      + `${storm} findings on one cause: ${result.storm_incidents} incidents, ${result.storm_notifications} notifications, correlated in ${result.storm_s} s\n`);
    if (values.json) process.stdout.write(`${JSON.stringify({ ...result, rate, seconds, storm, postgres: postgres === '' ? 'embedded' : 'server' })}\n`);
  } finally {
    servers.close();
  }
}

async function measure(postgres: string, rate: number, seconds: number, storm: number) {
  const receiver = await startReceiver();
  const server = await startFedServer(postgres);
  try {
    for (const workspace_id of [STEADY, STORM]) await callApi(server, '/v1/workspaces', { workspace_id, name: workspace_id, environment: 'production' });
    const { channel_id } = await callApi<{ channel_id: string }>(server, '/v1/alert-channels', { name: 'bench', config: { kind: 'webhook', url: receiver.url } });
    await callApi(server, '/v1/alert-routes', { channel_id, renotify_s: 60 });

    await server.feed({ cause: 'each', workspace: STEADY, count: rate * seconds, perSecond: rate });
    for (const end = performance.now() + LATEST_MS; receiver.heard.size < rate * seconds && performance.now() < end;) await delay(50);
    const heard = [...server.stored].flatMap(([key, at]) => (receiver.heard.has(key) ? [{ stored: at, ...receiver.heard.get(key)! }] : []));
    const ordered = (of: (one: (typeof heard)[number]) => number) => heard.map((one) => of(one) / 1_000).sort((a, b) => a - b);
    const waits = ordered(({ at, stored }) => at - stored);
    const telling = ordered(({ at, opened }) => at - opened);
    const round = (value: number) => Number(value.toFixed(3));

    const began = performance.now();
    if (storm > 0) await server.feed({ cause: 'one', workspace: STORM, count: storm });
    const incidents = await stormIncidents(server, storm);
    return {
      p99_s: round(quantile(waits, 0.99)), storm_incidents: incidents, storm_notifications: receiver.told.get(STORM)?.notifications.size ?? 0,
      p50_s: round(quantile(waits, 0.5)), max_s: round(quantile(waits, 1)), opened_to_received_p99_s: round(quantile(telling, 0.99)), missed: rate * seconds - waits.length, storm_s: round((performance.now() - began) / 1_000),
    };
  } finally {
    await server.stop();
    await receiver.stop();
  }
}

/** How many incidents the storm made, once all its findings are in them. */
async function stormIncidents(server: { url: string; token: string }, storm: number): Promise<number> {
  for (const end = performance.now() + STORM_LATEST_MS; performance.now() < end; await delay(500)) {
    const { data } = await callApi<IncidentPage>(server, `/v1/incidents?workspace=${STORM}&limit=1000`);
    if (data.reduce((sum, { findings }) => sum + findings, 0) >= storm) return data.length;
  }
  throw new Error('the storm was not correlated in time');
}
