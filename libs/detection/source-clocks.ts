import type { CallerActivity } from './types.js';
import type { KeyName } from './key-name.js';

const MINUTE = 60_000;
/** A source that brings so few keys is not heard of because they are silent; more of them do not fall silent at once. */
const FEW_KEYS = 3;
/** Not heard of for longer than any pause between lines. */
const SILENT_MS = 2 * MINUTE;

/** Older requests say nothing of how far a source has come: an import, or what lay somewhere. */
const LIVE_WITHIN_MS = 15 * MINUTE;

const MOST_SOURCES = 10_000;

interface Clock { minute: number; heard_at: number; lag_minutes: number }

/**
 * How far the logs of each source have come, by the requests' own clock: what a key did not do by then it did not do. A source that stopped stops
 * its clock, so that its keys do not pass for silent; the rule log-silence tells of it.
 */
export class SourceClocks {
  private readonly clocks = new Map<string, Clock>();

  /** What arrived up to a moment of the clock of arrivals, epoch milliseconds, and was judged. */
  hear(arrived: readonly Pick<CallerActivity, 'workspace_id' | 'nodes' | 'last_time'>[], now: number): void {
    for (const [workspace, sources] of latestOf(arrived, now)) {
      for (const [node, time] of sources) this.note(nameOf(workspace, node), Math.min(time, now), now);
    }
  }

  private note(name: string, time: number, now: number): void {
    const clock = this.clocks.get(name);
    const minute = Math.floor(time / MINUTE);
    const lag_minutes = Math.max(1, Math.ceil((now - time) / MINUTE));
    if (clock === undefined) this.clocks.set(name, { minute, heard_at: now, lag_minutes });
    else {
      clock.lag_minutes = clock.heard_at === now && minute <= clock.minute ? clock.lag_minutes : lag_minutes;
      clock.minute = Math.max(clock.minute, minute);
      clock.heard_at = now;
    }
    if (this.clocks.size > MOST_SOURCES) this.clocks.delete(this.clocks.keys().next().value as string);
  }

  /** The latest minute that any source has come to. */
  latest(now: number): number {
    return Math.max(Math.floor(now / MINUTE) - 1, ...[...this.clocks.values()].map(({ minute }) => minute));
  }

  /**
   * The last minute that is over for a key, by the gateways that its last calls came through; undefined where that is not known. `keysOf`: how many
   * keys that silence says something of come through a source (counted to a few).
   */
  overFor({ workspace_id }: KeyName, nodes: readonly string[], now: number, keysOf: (workspace: string, node: string, most: number) => number): number | undefined {
    let over = Infinity;
    for (const node of nodes.length === 0 ? [''] : nodes) {
      const clock = this.clocks.get(nameOf(workspace_id, node));
      if (clock === undefined) return undefined;
      const goesOn = now - clock.heard_at > SILENT_MS && keysOf(workspace_id, node, FEW_KEYS + 1) <= FEW_KEYS;
      over = Math.min(over, goesOn ? Math.max(clock.minute, Math.floor(now / MINUTE) - clock.lag_minutes) : clock.minute);
    }
    return over - 1;
  }
}

/** When the last live call came through each source of each workspace; '' is any of them. */
function latestOf(arrived: readonly Pick<CallerActivity, 'workspace_id' | 'nodes' | 'last_time'>[], now: number): Map<string, Map<string, number>> {
  const workspaces = new Map<string, Map<string, number>>();
  for (const { workspace_id, nodes, last_time } of arrived) {
    if (now - last_time > LIVE_WITHIN_MS) continue;
    let sources = workspaces.get(workspace_id);
    if (sources === undefined) workspaces.set(workspace_id, sources = new Map([['', last_time]]));
    if (last_time > sources.get('')!) sources.set('', last_time);
    for (const node of nodes) if (last_time > (sources.get(node) ?? -Infinity)) sources.set(node, last_time);
  }
  return workspaces;
}

const nameOf = (workspace: string, node: string) => `${workspace} ${node}`;
