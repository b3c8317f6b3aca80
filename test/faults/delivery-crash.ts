import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { AlertDelivery, AlertDeliveryPage, AlertEvent, IncidentPage, IncidentSummary } from '@keytrail/contracts';
import { createTempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';
import type { Bundle } from './bundle.js';
import { violations, type Arrived } from './delivery-crash-check.js';
import type { Random } from './plan.js';
import { ProcessUnderTest } from './process-under-test.js';

export interface DeliveryCrashResult {
  kills: number;
  /** Kills while the receiver held a message that it had not answered. */
  in_mid_delivery: number;
  incidents: number;
  notifications: number;
  /** Messages that came again: each under the id and with the bytes it had. */
  repeated: number;
  violations: string[];
}

/** A receiver may take its time, so that many kills hit it in the middle. */
const LONGEST_ANSWER_MS = 60;
const INCIDENTS_A_ROUND = 3;
const NEWS = ['acknowledged', 'resolved'] as const;

/**
 * Kills a standalone process again and again while it tells a webhook of incidents and of what becomes of them, and compares what arrived with what
 * was to be told.
 */
export async function crashDeliveries(bundle: Bundle, env: Record<string, string>, kills: number, random: Random, onKill: (result: DeliveryCrashResult) => void): Promise<DeliveryCrashResult> {
  const directory = await createTempDir('keytrail-crash-');
  const token = `crash-admin-${randomBytes(12).toString('hex')}`;
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const receiver = await startReceiver(secret, random);
  const process = new ProcessUnderTest(bundle.directory, { KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: token, KEYTRAIL_ALERT_ALLOWED_NETWORKS: '127.0.0.1', ...env });
  const result: DeliveryCrashResult = { kills: 0, in_mid_delivery: 0, incidents: 0, notifications: 0, repeated: 0, violations: [] };
  try {
    let client = await started(process, token);
    const { channel_id } = await client<{ channel_id: string }>('/v1/alert-channels', { name: 'hook', config: { kind: 'webhook', url: receiver.url }, secrets: { signing_secret: secret } });
    await client('/v1/alert-routes', { channel_id });
    for (let round = 0; round < kills; round += 1) {
      const begun = makeNews(client, round).catch(() => undefined);
      // Every second kill waits for a message of this round to be on its way.
      const isOfRound = ({ event }: Arrived) => event.data.incident.key_ids.some((key) => key.startsWith(`key-${round}-`));
      if (round % 2 === 0) await waitFor(() => receiver.arrived.some(isOfRound), { what: 'a message to arrive', timeoutMs: 30_000, intervalMs: 2 }).catch(() => undefined);
      await delay(Math.floor(random() * (round % 2 === 0 ? LONGEST_ANSWER_MS : 1_500)));
      if (receiver.unanswered() > 0) result.in_mid_delivery += 1;
      await process.end('SIGKILL');
      await begun;
      client = await started(process, token);
      result.kills += 1;
      onKill(result);
    }
    await tellLast(client, receiver.arrived);
    const deliveries = await allDelivered(client, channel_id);
    const incidents = await all<IncidentPage, IncidentSummary>(client, '/v1/incidents?limit=200');
    const told = new Set(deliveries.map(({ incident_id }) => incident_id));
    result.incidents = incidents.length;
    result.notifications = deliveries.length;
    result.repeated = receiver.arrived.length - new Set(receiver.arrived.map(({ id }) => id)).size;
    result.violations = [
      ...violations(deliveries, receiver.arrived, incidents), ...receiver.refused.map(() => 'a message came with a signature that is not good'),
      ...incidents.filter(({ incident_id }) => !told.has(incident_id)).map(({ incident_id }) => `${incident_id} was never told`),
    ];
    return result;
  } finally {
    await process.end('SIGKILL');
    await receiver.stop();
    await directory.remove();
  }
}

type Client = <T>(path: string, body?: object, method?: string) => Promise<T>;

async function started(process: ProcessUnderTest, token: string): Promise<Client> {
  process.start();
  const url = await waitFor(() => /Keytrail is up at (http:\/\/[\w.:]+)/.exec(process.output())?.[1], { what: 'Keytrail to come up again', timeoutMs: 60_000, intervalMs: 20 });
  return async (path, body, method = body === undefined ? 'GET' : 'POST') => {
    const answer = await fetch(`${url}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }), headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
    if (answer.status > 201) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return await answer.json() as never;
  };
}

/** New incidents, and news of those that are there. */
async function makeNews(client: Client, round: number): Promise<void> {
  const time = Date.now() - 60_000;
  for (let index = 0; index < INCIDENTS_A_ROUND; index += 1) {
    await client('/v1/request-logs', Array.from({ length: 30 }, (_, call) => ({
      time: time + call * 10, request_id: `${round}-${index}-${call}`, key_id: `key-${round}-${index}`, method: 'GET', path: '/', status: 403, address: `203.0.${round % 256}.${index + 1}`, user_agent: 'acme/1',
    })));
  }
  const { data } = await client<IncidentPage>('/v1/incidents?limit=50');
  for (const { incident_id, state } of data) {
    const next = state === 'open' ? NEWS[0] : state === 'acknowledged' ? NEWS[1] : undefined;
    if (next !== undefined) await client(`/v1/incidents/${incident_id}`, { state: next }, 'PATCH');
  }
}

/** What was committed before the last kill and is not passed on yet can be seen nowhere. Changes are passed on in their order: once a later one is told, all of them are. */
async function tellLast(client: Client, arrived: readonly Arrived[]): Promise<void> {
  await client('/v1/request-logs', Array.from({ length: 30 }, (_, call) => ({
    time: Date.now() - 60_000 + call * 10, request_id: `last-${call}`, key_id: 'key-last', method: 'GET', path: '/', status: 403, address: '198.51.100.9', user_agent: 'last/1',
  })));
  await waitFor(() => arrived.some(({ event }) => event.data.incident.key_ids.includes('key-last')), { what: 'what happened last to be told', timeoutMs: 120_000 });
}

/** Every notification, once none waits any more and all that was found is an incident. */
async function allDelivered(client: Client, channelId: string): Promise<AlertDelivery[]> {
  return waitFor(async () => {
    const deliveries = await all<AlertDeliveryPage, AlertDelivery>(client, `/v1/alert-deliveries?channel_id=${channelId}&limit=500`);
    const incidents = await all<IncidentPage, IncidentSummary>(client, '/v1/incidents?limit=200');
    const told = new Set(deliveries.map(({ incident_id }) => incident_id));
    const isDone = incidents.length > 0 && incidents.every(({ incident_id }) => told.has(incident_id)) && deliveries.every(({ state }) => state === 'delivered');
    return isDone ? deliveries : undefined;
  }, { what: 'everything to be delivered', timeoutMs: 120_000, intervalMs: 500 });
}

async function all<P extends { data: T[]; next_cursor: string | null }, T>(client: Client, path: string): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: P = await client<P>(`${path}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    found.push(...page.data);
    cursor = page.next_cursor;
  }
  return found;
}

async function startReceiver(secret: string, random: Random) {
  const arrived: Arrived[] = [];
  const refused: string[] = [];
  const open = new Set<ServerResponse>();
  const verifier = new Webhook(secret);
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const headers = request.headers as Record<string, string>;
      try {
        verifier.verify(text, headers);
      } catch {
        refused.push(text);
      }
      arrived.push({ id: headers['webhook-id']!, text, event: JSON.parse(text) as AlertEvent });
      open.add(response);
      response.once('close', () => open.delete(response));
      setTimeout(() => response.writeHead(204).end(), random() * LONGEST_ANSWER_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, arrived, refused, unanswered: () => open.size,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
