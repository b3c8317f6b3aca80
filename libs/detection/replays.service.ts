import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '@keytrail/platform';
import type { Arrival } from './arrival.js';
import { RequestMemory } from './request-memory.js';
import { RequestReuseStore } from './request-reuse.store.js';
import { requestReplayed, type ReusedId } from './rules/index.js';
import { spansOf } from './slices.js';
import type { CallerActivity } from './types.js';
import type { KeyName } from './key-name.js';

/** A key of which a request id came again, and its ids that did so within the hour. */
export interface KeyReuse extends KeyName { reused: ReusedId[] }

/** Some 12 MB; by hundred requests a second, of the last hour. */
const REMEMBERED_IDS = 500_000;
const WINDOW_MINUTES = 60;
const MINUTE = 60_000;
/** Keys that are looked into in a step, the rest when they come again. */
const KEYS_A_STEP = 20;
/** A key whose ids come again without anything strange is looked into again after this long, by the clock of the requests. */
const PAUSE_MINUTES = 10;
const MOST_PAUSES = 20_000;

/**
 * Looks for request ids that come again from elsewhere: one query a step over what arrived, and one for each key that has some. A line that is
 * delivered twice is the same request however often it is stored.
 */
@Injectable()
export class Replays {
  private readonly memory = new RequestMemory(REMEMBERED_IDS, WINDOW_MINUTES);
  private readonly pausedUntil = new Map<string, number>();

  private readonly logger = new Logger('detection');

  constructor(private readonly store: RequestReuseStore, private readonly metrics: Metrics) {}

  /** What cannot be asked is reported and left out. */
  async find(arrival: Arrival, arrived: readonly CallerActivity[]): Promise<KeyReuse[]> {
    if (!arrived.some(({ key_id }) => key_id !== '')) return [];
    try {
      return await this.reusedBy(arrival, arrived);
    } catch (error) {
      this.metrics.ruleFailures.inc({ rule: requestReplayed.id });
      this.logger.error(`the rule ${requestReplayed.id} failed`, error instanceof Error ? error.stack : undefined);
      return [];
    }
  }

  private async reusedBy(arrival: Arrival, arrived: readonly CallerActivity[]): Promise<KeyReuse[]> {
    const strange: { key: KeyName; minute: number }[] = [];
    for (const { workspace_id, key_id, ids, callers, calls, sizes, minutes } of await this.store.arrived(arrival, spansOf(arrived))) {
      let latest = -1;
      ids.forEach((id, at) => {
        if (this.memory.isStrange(id, { caller: callers[at]!, call: calls[at]!, size: sizes[at]! }, minutes[at]!)) latest = Math.max(latest, minutes[at]!);
      });
      if (latest >= 0 && latest >= (this.pausedUntil.get(nameOf({ workspace_id, key_id })) ?? 0)) strange.push({ key: { workspace_id, key_id }, minute: latest });
    }
    const found: KeyReuse[] = [];
    for (const { key, minute } of strange.slice(0, KEYS_A_STEP)) {
      found.push({ ...key, reused: await this.store.reused(key, { from: (minute - WINDOW_MINUTES) * MINUTE, to: (minute + 1) * MINUTE }) });
    }
    return found;
  }

  /** Nothing strange came of a key's ids: such a key is left alone for a while. */
  pause(key: KeyName, from: number): void {
    this.pausedUntil.set(nameOf(key), Math.floor(from / MINUTE) + PAUSE_MINUTES);
    if (this.pausedUntil.size > MOST_PAUSES) this.pausedUntil.delete(this.pausedUntil.keys().next().value as string);
  }
}

const nameOf = ({ workspace_id, key_id }: KeyName) => `${workspace_id} ${key_id}`;
