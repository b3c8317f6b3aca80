import { signsNamed } from './rules/draft.js';
import { networkOf } from './rules/network.js';
import type { CallerActivity } from './types.js';

/** What was seen of one user's tokens in the last ten minutes; `groups` of it are new. */
export interface EntityUse {
  entity: string;
  /** Distinct times of issue. */
  tokens: number;
  networks: number;
  groups: readonly CallerActivity[];
}

const WINDOW_MS = 10 * 60_000;
const MOST_ENTITIES = 50_000;
const MOST_OF_EACH = 64;

interface Seen { tokens: Map<string, number>; networks: Map<string, number> }

/** Users of public keys, by the tokens they came with. Bounded, and lost with the process: it is whole again after ten minutes. */
export class EntityMemory {
  private readonly entities = new Map<string, Seen>();

  /** The users among new activity of a key. */
  see(key: string, activity: readonly CallerActivity[]): EntityUse[] {
    const touched = new Map<string, CallerActivity[]>();
    for (const group of activity) {
      for (const sign of signsNamed(group, 'mint')) {
        const at = sign.lastIndexOf('@');
        const entity = sign.slice(0, at);
        this.note(`${key} ${entity}`, sign.slice(at + 1), group);
        touched.set(entity, [...touched.get(entity) ?? [], group]);
      }
    }
    return [...touched].map(([entity, groups]) => {
      const { tokens, networks } = this.entities.get(`${key} ${entity}`)!;
      return { entity, tokens: tokens.size, networks: networks.size, groups };
    });
  }

  private note(name: string, issued: string, group: CallerActivity): void {
    const seen = this.entities.get(name) ?? { tokens: new Map<string, number>(), networks: new Map<string, number>() };
    this.entities.delete(name);
    this.entities.set(name, seen);
    if (this.entities.size > MOST_ENTITIES) this.entities.delete(this.entities.keys().next().value as string);
    if (issued !== '') keep(seen.tokens, issued, group.last_time);
    if (group.address !== '') keep(seen.networks, networkOf(group.address), group.last_time);
  }
}

function keep(times: Map<string, number>, value: string, at: number): void {
  times.delete(value);
  times.set(value, at);
  for (const [other, time] of times) if (time < at - WINDOW_MS || times.size > MOST_OF_EACH) times.delete(other);
}
