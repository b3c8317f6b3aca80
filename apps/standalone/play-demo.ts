import { SingleBar, Presets } from 'cli-progress';
import { AccessTokenStore } from '@keytrail/access';
import { runDemo } from '@keytrail/demo';
import { WorkspaceScope, systemActor, type Caller } from '@keytrail/platform';
import type { Standalone } from './start.js';

const caller: Caller = { ...systemActor, name: 'demo', role: 'admin', scope: WorkspaceScope.all };
const DAY_MS = 24 * 60 * 60_000;

/** Plays the demo against this process, over HTTP as anyone would, with a token that lives as long as the demo. */
export function playDemo(standalone: Standalone): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const playing = play(standalone, stopping.signal).catch((error: unknown) => {
    process.stderr.write(`The demo ended: ${error instanceof Error ? error.message : String(error)}\n`);
  });
  return {
    async stop() {
      stopping.abort();
      await playing;
    },
  };
}

async function play(standalone: Standalone, signal: AbortSignal): Promise<void> {
  const tokens = standalone.app.get(AccessTokenStore, { strict: false });
  const { token, token_id } = await tokens.create(caller, { name: 'demo', role: 'admin', expires_at: new Date(Date.now() + DAY_MS).toISOString() });
  const bar = new SingleBar({ format: 'history {bar} {percentage}% | {lines} request logs | {eta_formatted}', noTTYOutput: false }, Presets.shades_classic);
  let started = false;
  try {
    await runDemo({
      baseUrl: standalone.url, token, signal, log: (line) => process.stdout.write(`[demo] ${line}\n`),
      progress({ doneMinutes, totalMinutes, lines }) {
        if (!started) bar.start(totalMinutes, 0, { lines: 0 });
        started = true;
        bar.update(doneMinutes, { lines });
        if (doneMinutes >= totalMinutes) bar.stop();
      },
    });
  } finally {
    bar.stop();
    await tokens.revoke(caller, token_id);
  }
}
