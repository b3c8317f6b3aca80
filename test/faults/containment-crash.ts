import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuditPage, BulkContainment, BulkPlan, ContainmentPage } from '@keytrail/contracts';
import { keyKinds, newKeyBody, type IssuedKey, type KindUnderTest } from '../support/key-kinds.js';
import { createTempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';
import type { Bundle } from './bundle.js';
import { violations, type Remains } from './containment-crash-check.js';
import type { Random } from './plan.js';
import { ProcessUnderTest } from './process-under-test.js';

export interface CrashResult {
  kills: number;
  orders: number;
  /** Orders whose answer never came: done all the same, or not done. */
  done_unanswered: number;
  not_done: number;
  violations: string[];
}

/** An order that is under way when the process dies. */
interface Order {
  kind: KindUnderTest;
  keyId: string;
  idempotencyKey: string;
  answered: boolean;
}

/** Kills come from before the first order is read to a little after the last is answered, however fast the machine is. */
const PAST_THE_LAST = 1.2;
const KEYS_IN_BULK = 3;

/**
 * Kills a standalone process again and again while it contains keys, and looks at what is left. Every order is repeated after the kill
 * and must come to the same end.
 */
export async function crashContainments(bundle: Bundle, env: Record<string, string>, kills: number, random: Random, onKill: (result: CrashResult) => void): Promise<CrashResult> {
  const directory = await createTempDir('keytrail-crash-');
  const adminToken = `crash-admin-${randomBytes(12).toString('hex')}`;
  const process = new ProcessUnderTest(bundle.directory, { KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: adminToken, ...env });
  const result: CrashResult = { kills: 0, orders: 0, done_unanswered: 0, not_done: 0, violations: [] };
  try {
    let client = await startedClient(process, adminToken);
    const longest = await timeOfOrders(client) * PAST_THE_LAST;
    for (; result.kills < kills; result.kills += 1) {
      const { orders, bulk, owners, underWay } = await giveOrders(client);
      await delay(Math.floor(random() * longest));
      await process.end('SIGKILL');
      await Promise.allSettled(underWay);
      client = await startedClient(process, adminToken);
      const left = await remainsOf(client, owners);
      result.orders += orders.length;
      for (const order of orders.filter(({ answered }) => !answered)) {
        if (left.containments.some(({ key_id }) => key_id === order.keyId)) result.done_unanswered += 1;
        else result.not_done += 1;
      }
      result.violations.push(...violations(left));
      result.violations.push(...await finish(client, orders, bulk), ...violations(await remainsOf(client, owners)));
      onKill(result);
    }
    return result;
  } finally {
    await process.end('SIGKILL');
    await directory.remove();
  }
}

/** How long a round of orders takes when nobody disturbs it, in milliseconds; the first round is slower than those that follow. */
async function timeOfOrders(client: Client): Promise<number> {
  await Promise.all((await giveOrders(client)).underWay);
  const { underWay } = await giveOrders(client);
  const given = performance.now();
  await Promise.all(underWay);
  return performance.now() - given;
}

type Client = <T>(path: string, body?: object, idempotencyKey?: string) => Promise<{ status: number; body: T }>;

async function startedClient(process: ProcessUnderTest, token: string): Promise<Client> {
  process.start();
  const url = await waitFor(() => /Keytrail is up at (http:\/\/[\w.:]+)/.exec(process.output())?.[1], { what: 'Keytrail to come up again', timeoutMs: 60_000, intervalMs: 20 });
  return async (path, body, idempotencyKey) => {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST', ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) },
    });
    return { status: answer.status, body: await answer.json() as never };
  };
}

const made = <T extends object>({ status, body }: { status: number; body: T }): T => {
  if (status > 201) throw new Error(`Keytrail answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

/** Makes keys and orders about them; the orders are on their way when it returns. */
async function giveOrders(client: Client) {
  const owner = async () => made(await client<{ owner_id: string }>('/v1/owners', { name: `owner-${randomBytes(6).toString('hex')}`, kind: 'team', contact: '#them' })).owner_id;
  const [alone, together] = [await owner(), await owner()];
  const issue = async (kind: KindUnderTest, owner_id: string) => made(await client<IssuedKey>(kind.path, newKeyBody(kind, owner_id))).key_id;
  const orders: Order[] = [];
  for (const kind of keyKinds) orders.push({ kind, keyId: await issue(kind, alone), idempotencyKey: randomBytes(8).toString('hex'), answered: false });
  const overlaps = await Promise.all(['complete', 'cancel'].map(async (how) => {
    const kind = keyKinds[0]!;
    const { containment_id } = made(await client<{ containment_id: string }>(`${kind.path}/${await issue(kind, alone)}/rotate`, { overlap: 3600 }));
    return () => client(`/v1/containments/${containment_id}/${how}`, how === 'complete' ? { force: true } : {});
  }));
  for (let left = KEYS_IN_BULK; left > 0; left -= 1) await issue(keyKinds[0]!, together);
  const bulkOrder = { action: 'revoke_and_replace', target: { owner_id: together }, reason: 'crash' };
  const bulk = { ...bulkOrder, plan_token: made(await client<BulkPlan>('/v1/bulk-containments', bulkOrder)).plan_token };
  const underWay = [
    ...orders.map(async (order) => {
      order.answered = (await contain(client, order)).status === 200;
    }),
    ...overlaps.map((act) => act()), client('/v1/bulk-containments', bulk),
  ];
  for (const one of underWay) one.catch(() => undefined);
  return { orders, bulk, owners: [alone, together], underWay };
}

/** Every second kind is replaced at once, the others overlap. */
function contain(client: Client, { kind, keyId, idempotencyKey }: Order) {
  const rotates = keyKinds.indexOf(kind) % 2 === 1;
  return client<{ replacement: IssuedKey }>(`${kind.path}/${keyId}/${rotates ? 'rotate' : 'revoke-and-replace'}`, rotates ? { overlap: 3600 } : { reason: 'crash' }, idempotencyKey);
}

/** Gives every order again; what is wrong with the answers. */
async function finish(client: Client, orders: readonly Order[], bulk: object): Promise<string[]> {
  const wrong: string[] = [];
  for (const order of orders) {
    const first = await contain(client, order);
    const second = await contain(client, order);
    if (first.status !== 200 || second.status !== 200) wrong.push(`${order.keyId} cannot be contained after the kill: ${first.status}, ${second.status}`);
    else if (first.body.replacement.key_id !== second.body.replacement.key_id) wrong.push(`${order.keyId} got two successors`);
  }
  const again = await client<BulkContainment & { code?: string }>('/v1/bulk-containments', bulk);
  if (again.status !== 200 || again.body.pending !== 0 || again.body.done !== KEYS_IN_BULK) wrong.push(`the bulk order came to no end: ${again.status} ${JSON.stringify(again.body).slice(0, 300)}`);
  return wrong;
}

async function remainsOf(client: Client, owners: readonly string[]): Promise<Remains> {
  const keys: IssuedKey[] = [];
  for (const owner of owners) for (const { path } of keyKinds) keys.push(...made(await client<{ data: IssuedKey[] }>(`${path}?owner_id=${owner}&limit=1000`)).data);
  const ids = new Set(keys.map(({ key_id }) => key_id));
  const page = made(await client<ContainmentPage>('/v1/containments?limit=100'));
  const containments = page.data.filter(({ key_id }) => ids.has(key_id));
  const entries = new Map<string, string[]>();
  for (const id of [...ids, ...containments.map(({ containment_id }) => containment_id)]) {
    entries.set(id, made(await client<AuditPage>(`/v1/audit-entries?object_id=${id}`)).data.map(({ action }) => action));
  }
  return { keys, containments, entries };
}
