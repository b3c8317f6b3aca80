import { createApiClient, type ApiClient } from './api/api-client.js';
import { systemClock, type DemoClock } from './clock.js';
import { runLive } from './live-traffic.js';
import { historyStart } from './history-start.js';
import { loadHistory, newestLine, type HistoryProgress } from './load-history.js';
import { prepareRegistry } from './prepare-registry.js';
import { attackedKeyName } from './traffic/fleet.js';
import type { DemoKey } from './traffic/line.js';
import { WatchedKey } from './watched-key.js';

export interface DemoOptions {
  /** A running Keytrail, such as http://127.0.0.1:8080. */
  baseUrl: string;
  /** Access token with the admin role. */
  token: string;
  signal: AbortSignal;
  log: (line: string) => void;
  progress?: (progress: HistoryProgress) => void;
  /** Default 1. The same seed gives the same traffic. */
  seed?: number;
  /** Days of history to load, and up to six more, so that it begins on a Monday; 0 loads none. Default 28. */
  historyDays?: number;
  /** Seconds from the start of live traffic to the attack. Default 30. */
  attackAfterSeconds?: number;
  /** Default: the system's. */
  clock?: DemoClock;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400 * SECOND_MS;
/** Less than this is not worth a progress bar: live traffic catches up with it. */
const negligibleMs = 60 * SECOND_MS;

const wholeSecond = (at: number) => Math.floor(at / SECOND_MS) * SECOND_MS;

/** Brings the history up to now. Resolves to the instant live traffic goes on from. */
async function bringHistory(client: ApiClient, options: DemoOptions, keys: readonly DemoKey[]): Promise<number> {
  const { clock = systemClock, log, progress, signal, seed = 1, historyDays = 28 } = options;
  const to = wholeSecond(clock.now());
  if (historyDays === 0) return to;
  const start = historyStart(to, historyDays);
  const newest = await newestLine(client, { from: start, to }, signal);
  // Live traffic is sent in whole seconds: what an earlier run sent last ends on one.
  const from = newest === null ? start : newest + 1;
  if (newest !== null && to - from < negligibleMs) {
    log('Request logs of the demo are there up to now; no history is loaded.');
    return from;
  }
  log(newest === null ? `Loading ${Math.ceil((to - start) / DAY_MS)} days of history.` : `Request logs of the demo are there up to ${new Date(newest).toISOString()}; loading what comes after.`);
  const startedAt = clock.now();
  const lines = await loadHistory(client, { seed, keys, span: { from, to }, signal, ...(progress ? { progress } : {}) });
  log(`Loaded ${lines} request logs in ${((clock.now() - startedAt) / SECOND_MS).toFixed(1)} s.`);
  return to;
}

async function play(options: DemoOptions): Promise<never> {
  const { clock = systemClock, log, signal, seed = 1, attackAfterSeconds = 30 } = options;
  const client = createApiClient({ baseUrl: options.baseUrl, token: options.token, clock });
  const { keys, secrets } = await prepareRegistry(client, signal);
  log(`Two workspaces and ${keys.length} keys with owners are set up (${secrets.size} new).`);
  const from = await bringHistory(client, options, keys);

  const target = keys.find(({ profile }) => profile.name === attackedKeyName);
  if (!target) throw new Error(`the demo has no key ${attackedKeyName}`);
  const startedAt = wholeSecond(clock.now()) + attackAfterSeconds * SECOND_MS;
  log(`Live traffic runs. In ${attackAfterSeconds} s someone attacks with ${attackedKeyName} (${target.keyId}).`);
  const watched = new WatchedKey(client, clock, target, secrets, log);
  return runLive({ client, clock, seed, keys, attack: { seed, target, startedAt }, watched, from, log, signal });
}

/**
 * Plays the demo against a running Keytrail over HTTP: registry, history, live traffic, and an attack on one key.
 * Resolves when `signal` aborts; rejects with `ApiError` or `ConnectionError` when the server cannot be used.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  try {
    await play(options);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
}
