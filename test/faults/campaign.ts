import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../support/wait-for.js';
import { compare, type Comparison } from './compare.js';
import type { Oracle } from './oracle.js';
import type { Fault, Random } from './plan.js';
import type { Subject } from './subject.js';

export interface CampaignResult extends Comparison {
  /** Faults that were made, by kind. */
  kinds: Partial<Record<Fault, number>>;
  /** Why nothing was stored any more; absent when everything went on. */
  stuck?: string;
}

const BATCH = 200;
const PAUSE_MS = 50;
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
  const producing = produce(oracle);
  let stuck: string | undefined;
  try {
    for (const fault of faults) {
      await subject.hurt(fault, random);
      kinds[fault] = (kinds[fault] ?? 0) + 1;
      stuck = await progress(subject, fault);
      if (stuck !== undefined) break;
    }
  } finally {
    await producing.stop();
  }
  stuck ??= await settled(() => subject.taken(), (taken) => taken >= oracle.acknowledged, 'everything to be stored');
  if (stuck !== undefined) stuck += `\n${subject.output()}`;
  await subject.end();
  return { kinds, ...compare(oracle, await subject.read(oracle)), ...(stuck !== undefined && { stuck }) };
}

/** Sends without pause until it is stopped; stopping rejects with what went wrong on the way. */
function produce(oracle: Oracle): { stop(): Promise<void> } {
  const state = { over: false };
  const sending = (async () => {
    while (!state.over) {
      await oracle.send(BATCH);
      await delay(PAUSE_MS);
    }
  })();
  sending.catch(() => undefined);
  return {
    stop() {
      state.over = true;
      return sending;
    },
  };
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
