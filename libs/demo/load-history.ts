import { RequestLogPage } from '@keytrail/contracts';
import type { ApiClient } from './api/api-client.js';
import { sendBatch } from './api/send-batch.js';
import { batchLines } from './batches.js';
import { demoWorkspaces } from './traffic/fleet.js';
import type { DemoKey } from './traffic/line.js';
import { trafficBetween, type Span } from './traffic/traffic.js';

export interface HistoryProgress {
  /** Minutes of history that are loaded, of `totalMinutes`. */
  doneMinutes: number;
  totalMinutes: number;
  /** Lines the server has acknowledged. */
  lines: number;
}

const MINUTE_MS = 60_000;

/** Epoch milliseconds of the newest request log the demo's workspaces hold in the span; null when there is none. */
export async function newestLine(client: ApiClient, span: Span, signal?: AbortSignal): Promise<number | null> {
  const times = await Promise.all(demoWorkspaces.map(async ({ workspace_id }) => {
    const query = { workspace: workspace_id, from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString(), limit: 1 };
    const { data } = await client.request('GET', '/v1/request-logs', RequestLogPage, { query, signal });
    return data.map(({ time }) => Date.parse(time));
  }));
  const found = times.flat();
  return found.length === 0 ? null : Math.max(...found);
}

/** Sends the ordinary traffic of a span in batches, one after the other and in time order. Resolves to the lines stored. */
export async function loadHistory(
  client: ApiClient,
  options: { seed: number; keys: readonly DemoKey[]; span: Span; progress?: (progress: HistoryProgress) => void; signal?: AbortSignal | undefined },
): Promise<number> {
  const { seed, keys, span, progress, signal } = options;
  const totalMinutes = Math.ceil((span.to - span.from) / MINUTE_MS);
  let lines = 0;
  progress?.({ doneMinutes: 0, totalMinutes, lines });
  for (const batch of batchLines(trafficBetween(seed, keys, span))) {
    const result = await sendBatch(client, { ndjson: batch.ndjson, format: 'native' }, signal);
    if (result.dead_lettered > 0) {
      throw new Error(`the server refused ${result.dead_lettered} demo lines: ${result.errors[0]?.reason ?? 'no reason given'}`);
    }
    lines += batch.lines;
    progress?.({ doneMinutes: Math.floor((Date.parse(String(batch.lastTime)) - span.from) / MINUTE_MS), totalMinutes, lines });
  }
  progress?.({ doneMinutes: totalMinutes, totalMinutes, lines });
  return lines;
}
