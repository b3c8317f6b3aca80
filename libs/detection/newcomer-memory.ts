import { networkOf } from './rules/network.js';
import type { CallerActivity } from './types.js';

/** A network that keys met for the first time lately, with what came from it now. */
export interface Newcomer {
  network: string;
  /** Keys that met it within the last hour, in that order. */
  new_keys: string[];
  activity: CallerActivity[];
}

const WITHIN_MS = 60 * 60_000;
const MOST_NETWORKS = 20_000;
const MOST_KEYS = 200;

/**
 * Which keys met a network for the first time within the hour. Bounded; lost with the process, and learnt again with the next calls, since a
 * network stays new to a key for an hour.
 */
export class NewcomerMemory {
  private readonly networks = new Map<string, Map<string, number>>();

  /** New activity of a key that is known from some networks. */
  note({ workspace_id, key_id, activity }: { workspace_id: string; key_id: string; activity: readonly CallerActivity[] }, known: readonly string[]): void {
    for (const group of activity) {
      if (group.address === '' || known.includes(networkOf(group.address))) continue;
      const name = `${workspace_id} ${networkOf(group.address)}`;
      const keys = this.networks.get(name) ?? new Map<string, number>();
      this.networks.delete(name);
      this.networks.set(name, keys);
      if (this.networks.size > MOST_NETWORKS) this.networks.delete(this.networks.keys().next().value as string);
      if (!keys.has(key_id) && keys.size < MOST_KEYS) keys.set(key_id, group.first_time);
    }
  }

  /** Networks of a workspace's new activity that more than one key met within the hour before. */
  among(workspace: string, activity: readonly CallerActivity[]): Newcomer[] {
    const found = new Map<string, Newcomer>();
    if (this.networks.size > 0) for (const group of activity) {
      if (group.key_id === '' || group.address === '') continue;
      const network = networkOf(group.address);
      const keys = this.networks.get(`${workspace} ${network}`);
      if (keys === undefined || keys.size < 2 || !keys.has(group.key_id)) continue;
      const newcomer = found.get(network) ?? { network, new_keys: [], activity: [] };
      newcomer.activity.push(group);
      found.set(network, newcomer);
    }
    for (const newcomer of found.values()) {
      const keys = this.networks.get(`${workspace} ${newcomer.network}`)!;
      const now = newcomer.activity.reduce((last, group) => Math.max(last, group.last_time), -Infinity);
      for (const [key, at] of keys) if (at < now - WITHIN_MS) keys.delete(key);
      newcomer.new_keys = [...keys.keys()];
    }
    return [...found.values()];
  }
}
