import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile, type Served } from '../support/serve.js';

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
  /** Answers other than the expected one. */
  wrong: number;
}

const CONNECTIONS = 64;

/**
 * Calls at a steady rate, whatever the answers take, and measures each from the moment it was due: a server that falls behind cannot hide
 * it by being asked less. `bodyOf` makes the body of each call.
 */
export async function offer(server: Served, gateway: string, perSecond: number, seconds: number, bodyOf: (call: number) => unknown): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const url = new URL('/v1/introspect', server.url);
  const calls = perSecond * seconds;
  const taken = new Float64Array(calls);
  let [answered, wrong] = [0, 0];
  const cpuBefore = await cpuSeconds(server);
  const start = performance.now();
  const call = (index: number) => new Promise<void>((resolve) => {
    const due = start + index * 1000 / perSecond;
    const body = JSON.stringify(bodyOf(index));
    const sent = request(url, {
      agent, method: 'POST', headers: { authorization: `Bearer ${gateway}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      }).on('end', () => {
        taken[answered] = performance.now() - due;
        answered += 1;
        if (answer.statusCode !== 200 || !text.startsWith('{"active":true')) wrong += 1;
        resolve();
      });
    });
    sent.on('error', () => {
      taken[answered] = performance.now() - due;
      answered += 1;
      wrong += 1;
      resolve();
    }).end(body);
  });
  const running: Promise<void>[] = [];
  while (running.length < calls) {
    const due = Math.min(calls, Math.floor((performance.now() - start) * perSecond / 1000) + 1);
    while (running.length < due) running.push(call(running.length));
    await delay(1);
  }
  await Promise.all(running);
  const length = (performance.now() - start) / 1000;
  agent.destroy();
  const cpu = await cpuSeconds(server) - cpuBefore;
  const ordered = taken.sort();
  const round = (value: number) => Number(value.toFixed(2));
  return {
    per_s: Math.round(calls / length), offered_per_s: perSecond, p50_ms: round(quantile(ordered, 0.5)), p99_ms: round(quantile(ordered, 0.99)), p999_ms: round(quantile(ordered, 0.999)),
    max_ms: round(quantile(ordered, 1)), cpu_ms: Number((cpu * 1000 / calls).toFixed(3)), wrong,
  };
}

async function cpuSeconds({ url, token }: Served): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(await answer.text())?.[1]);
}
