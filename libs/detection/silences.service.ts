import { Injectable } from '@nestjs/common';
import { Judge } from './judge.service.js';
import { LiveMemory } from './live-memory.service.js';
import { judgeSilence, lastMinute } from './silence-watch.js';
import { SourceClocks } from './source-clocks.js';
import type { CallerActivity, FindingDraft } from './types.js';

/** Looks at keys whose silence may say something by now. Its cost follows these keys. */
@Injectable()
export class Silences {
  private readonly clocks = new SourceClocks();

  constructor(private readonly memory: LiveMemory, private readonly judge: Judge) {}

  /** Is told of all that was judged, and up to when it arrived; epoch milliseconds of the clock of arrivals. */
  hear(arrived: readonly CallerActivity[], to: number): void {
    this.clocks.hear(arrived, to);
  }

  /** Findings about keys that fell silent; `now` is by the clock of arrivals, and all that had arrived is judged. */
  async find(now: number): Promise<FindingDraft[]> {
    const drafts: FindingDraft[] = [];
    await this.memory.look(this.clocks.latest(now), ({ key, nodes, watch }) => {
      const over = this.clocks.overFor(key, nodes, now, (workspace, node, most) => this.memory.keysThrough(workspace, node, most));
      if (over === undefined || over <= lastMinute(watch)) return undefined;
      const { drops, look_at } = judgeSilence(watch, over);
      for (const alarm of drops) drafts.push(...this.judge.judgeDrop(key, alarm));
      return look_at;
    });
    return drafts;
  }
}
