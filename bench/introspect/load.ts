import { setTimeout as delay } from 'node:timers/promises';
import { quantile, type Served } from '../support/serve.js';
import { LeanConnection } from './lean-connection.js';

export interface Load {
  /** Calls a second that were answered, and how many were offered. */
  per_s: number;
  offered_per_s: number;
  p50_ms: number;
  p99_ms: number;
  p999_ms: number;
  max_ms: number;
  /** Of Keytrail, for each call: what a core has time for, whoever else uses the machine. */
  cpu_ms: number;
  /** How long after it was due a call was sent: the share of all this that is the caller's own. */
  late_p99_ms: number;
  /** Answers other than the expected one. */
  wrong: number;
}

const CONNECTIONS = 64;

/**
 * Calls at a steady rate, whatever the answers take, and measures each from the moment it was due: a server that falls behind cannot hide
 * it by being asked less. Calls that find no free connection wait for one. `bodyOf` makes the body of each call.
 */
export async function offer(server: Pick<Served, 'url' | 'token'>, gateway: string, perSecond: number, seconds: number, bodyOf: (call: number) => unknown): Promise<Load> {
  const { hostname, port, host, pathname } = new URL('/v1/introspect', server.url);
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${gateway}\r\nContent-Type: application/json\r\n`;
  const connections = Array.from({ length: CONNECTIONS }, () => new LeanConnection(hostname, Number(port), head));
  const free = [...connections];
  const waiting: number[] = [];
  const calls = perSecond * seconds;
  const [taken, late] = [new Float64Array(calls), new Float64Array(calls)];
  const counts = { made: 0, answered: 0, wrong: 0 };
  const cpuBefore = await cpuSeconds(server);
  const start = performance.now();
  const dueAt = (call: number) => start + call * 1000 / perSecond;
  const send = (connection: LeanConnection, call: number) => connection.send(JSON.stringify(bodyOf(call)), (status, body) => {
    taken[counts.answered] = performance.now() - dueAt(call);
    counts.answered += 1;
    if (status !== 200 || !body.startsWith('{"active":true')) counts.wrong += 1;
    if (!connection.isFree) return;
    const next = waiting.shift();
    if (next === undefined) free.push(connection);
    else send(connection, next);
  });
  while (counts.answered < calls) {
    const due = Math.min(calls, Math.floor((performance.now() - start) * perSecond / 1000) + 1);
    for (; counts.made < due; counts.made += 1) {
      const { made } = counts;
      late[made] = performance.now() - dueAt(made);
      const connection = free.pop();
      if (connection === undefined) waiting.push(made);
      else send(connection, made);
    }
    if (connections.every((connection) => connection.isClosed)) throw new Error('Keytrail hung up');
    await delay(1);
  }
  const length = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  const cpu = await cpuSeconds(server) - cpuBefore;
  const ordered = taken.sort();
  const round = (value: number) => Number(value.toFixed(2));
  return {
    per_s: Math.round(calls / length), offered_per_s: perSecond, p50_ms: round(quantile(ordered, 0.5)), p99_ms: round(quantile(ordered, 0.99)), p999_ms: round(quantile(ordered, 0.999)),
    max_ms: round(quantile(ordered, 1)), late_p99_ms: round(quantile(late.sort(), 0.99)), cpu_ms: Number((cpu * 1000 / calls).toFixed(3)), wrong: counts.wrong,
  };
}

async function cpuSeconds({ url, token }: Pick<Served, 'url' | 'token'>): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(await answer.text())?.[1]);
}
