import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../support/wait-for.js';
import { compare, type Comparison } from './compare.js';
import type { HttpSide } from './http-side.js';
import type { Oracle } from './oracle.js';
import type { Fault, Random } from './plan.js';
import { LATE, type Subject } from './subject.js';

export interface CampaignResult extends Comparison {
  /** Faults that were made, by kind. */
  kinds: Partial<Record<Fault, number>>;
  /** Why nothing was stored any more; absent when everything went on. */
  stuck?: string;
}

const BATCH = 200;
const PAUSE_MS = 50;
const HTTP_BATCH = 20;
/** A letter whose replay is cut off waits for a minute: few faults are over sooner, and letters are replayed behind them. */
const FEW_FAULTS = 6;
const PATIENCE_MS = 90_000;

/**
 * Hurts the subject while messages come in, waits until it goes on after each fault, and compares in the end. Rejects when the campaign
 * could not be run: nothing can be said about the subject then.
 */
export async function runCampaign(subject: Subject, oracle: Oracle, faults: readonly Fault[], random: Random): Promise<CampaignResult> {
  const kinds: CampaignResult['kinds'] = {};
  subject.start();
  const before = oracle.acknowledged;
  await oracle.send(10);
  await waitFor(async () => await subject.taken() >= before + 10, { what: 'the collector to begin', timeoutMs: PATIENCE_MS })
    .catch((error: unknown) => { throw new Error(`${String(error)}\n${subject.output()}`); });
  const { http } = subject;
  if (http !== undefined) oracle.lateWorkspace = `late-${randomUUID()}`;
  const working = [repeat(() => oracle.send(BATCH)), ...(http === undefined ? [] : [repeat(() => sendOverHttp(http, oracle))])];
  let stuck: string | undefined;
  try {
    for (const fault of faults) {
      await subject.hurt(fault, random);
      kinds[fault] = (kinds[fault] ?? 0) + 1;
      stuck = await progress(subject, fault);
      if (stuck !== undefined) break;
      if (http === undefined || Object.values(kinds).length > 1 || kinds[fault] !== 1) continue;
      await eventually(() => http.makeWorkspace(oracle.lateWorkspace!));
      // A call that is cut off is repeated.
      if (faults.length > FEW_FAULTS) working.push(repeat(() => http.replay(LATE).catch(() => undefined)));
    }
  } finally {
    await Promise.all(working.map(({ stop }) => stop()));
  }
  stuck ??= await settled(() => subject.taken(), (taken) => taken >= oracle.acknowledged, 'everything to be stored');
  if (http !== undefined) stuck ??= await settled(() => http.replay(LATE), (letters) => letters === 0, 'every letter of the late workspace to be replayed');
  if (stuck !== undefined) stuck += `\n${subject.output()}`;
  await subject.end();
  return { kinds, ...compare(oracle, await subject.read(oracle)), ...(stuck !== undefined && { stuck }) };
}

/** Does it again and again until it is stopped; stopping waits for the last time and rejects with what went wrong on the way. */
function repeat(work: () => Promise<unknown>): { stop(): Promise<void> } {
  const state = { over: false };
  const working = (async () => {
    while (!state.over) {
      await work();
      await delay(PAUSE_MS);
    }
  })();
  working.catch(() => undefined);
  return {
    stop() {
      state.over = true;
      return working;
    },
  };
}

/** As a sender does that wants to lose nothing: the same lines under the same key until the answer is 2xx. */
function sendOverHttp(http: HttpSide, oracle: Oracle): Promise<void> {
  const key = randomUUID();
  return oracle.sendOver((lines) => eventually(() => http.post(lines, key)), HTTP_BATCH);
}

async function eventually(call: () => Promise<void>): Promise<void> {
  await waitFor(() => call().then(() => true), { what: 'the app to answer', timeoutMs: PATIENCE_MS });
}

/** Waits until more is stored than was at the first look after the fault. */
async function progress(subject: Subject, fault: Fault): Promise<string | undefined> {
  let first: number | undefined;
  return settled(() => subject.taken(), (taken) => {
    first ??= taken;
    return taken > first;
  }, `progress after ${fault}`);
}

async function settled(look: () => Promise<number>, isEnough: (taken: number) => boolean, what: string): Promise<string | undefined> {
  return waitFor(async () => isEnough(await look()), { what, timeoutMs: PATIENCE_MS, intervalMs: 100 })
    .then(() => undefined, (error: unknown) => String(error));
}
