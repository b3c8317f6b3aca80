import { IncidentPage, type IncidentSummary } from '@keytrail/contracts';
import type { ApiClient } from './api/api-client.js';
import { sendBatch } from './api/send-batch.js';
import { attackLines, attackSeconds, type Attack } from './attack.js';
import { developmentText, incidentText } from './announce.js';
import { batchLines } from './batches.js';
import type { DemoClock } from './clock.js';
import type { DemoKey } from './traffic/line.js';
import { trafficBetween, type Span } from './traffic/traffic.js';
import type { WatchedKey } from './watched-key.js';

const SECOND_MS = 1000;
const patienceMs = 60_000;
/** The incident is watched to the end of the attack and a little longer: its last requests are detected after it. */
const watchedSeconds = attackSeconds + 15;

export interface LiveOptions {
  client: ApiClient;
  clock: DemoClock;
  seed: number;
  keys: readonly DemoKey[];
  attack: Attack;
  watched: WatchedKey;
  /** Epoch milliseconds live traffic goes on from: a whole second. */
  from: number;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** Everything that happened in a span of whole seconds, as the gateways saw it, in time order. */
function linesOf({ seed, keys, attack, watched }: LiveOptions, span: Span) {
  const lines = [...trafficBetween(seed, keys, span)];
  const first = Math.max(0, Math.ceil((span.from - attack.startedAt) / SECOND_MS));
  const last = Math.min(attackSeconds, Math.ceil((span.to - attack.startedAt) / SECOND_MS));
  for (let second = first; second < last; second += 1) lines.push(...attackLines(attack, second));
  return lines.map((line) => watched.settle(line)).sort((a, b) => Date.parse(String(a.time)) - Date.parse(String(b.time)));
}

/** The incident about the attacked key that this attack opened or woke; the one that was told of before. */
async function findIncident({ client, attack, signal }: LiveOptions, told: IncidentSummary | undefined) {
  const query = { key_id: attack.target.keyId, limit: 10 };
  const { data } = await client.request('GET', '/v1/incidents', IncidentPage, { query, signal });
  return told !== undefined ? data.find(({ incident_id }) => incident_id === told.incident_id) : data.find(({ last_seen }) => Date.parse(last_seen) >= attack.startedAt);
}

/** Sends live traffic second by second, the attack among it, and tells what to look at. Ends only with the signal. */
export async function runLive(options: LiveOptions): Promise<never> {
  const { client, clock, attack, watched, log, signal } = options;
  const { name } = attack.target.profile;
  let from = options.from;
  let phase: 'before' | 'attacked' | 'over' = 'before';
  let isLate = false;
  let told: IncidentSummary | undefined;
  for (;;) {
    await clock.sleep(from + SECOND_MS - clock.now(), signal);
    const to = Math.floor(clock.now() / SECOND_MS) * SECOND_MS;
    if (to <= from) continue;
    await watched.refresh(signal);
    for (const { ndjson } of batchLines(linesOf(options, { from, to }))) await sendBatch(client, { ndjson, format: 'native' }, signal);
    from = to;

    if (phase === 'before' && to > attack.startedAt) {
      phase = 'attacked';
      log(`The attack on ${name} has begun: new addresses, another user agent, object ids one after the other, many 403.`);
    } else if (phase === 'attacked' && to >= attack.startedAt + attackSeconds * SECOND_MS) {
      phase = 'over';
      log('The attack is over. Ordinary traffic goes on; Ctrl-C ends the demo.');
    }
    if (phase === 'before' || (told !== undefined && to >= attack.startedAt + watchedSeconds * SECOND_MS)) continue;
    const found = await findIncident(options, told);
    if (found && told === undefined) {
      told = found;
      for (const line of incidentText(found, attack.startedAt, clock.now(), client.baseUrl, attack.target.keyId)) log(line);
    } else if (found && told !== undefined) {
      const news = developmentText(told, found, attack.startedAt, clock.now());
      if (news !== null) {
        told = found;
        log(news);
      }
    } else if (told === undefined && !isLate && to >= attack.startedAt + patienceMs) {
      isLate = true;
      log(`No incident about ${name} after ${patienceMs / SECOND_MS} s. Still looking.`);
    }
  }
}
