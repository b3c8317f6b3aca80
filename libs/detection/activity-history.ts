import type { CallerActivity } from './types.js';
import type { KeyName } from './key-name.js';

/** A network that a key was used from. Times are epoch milliseconds. */
export interface KnownNetwork {
  network: string;
  country: string;
  first_seen: number;
  last_seen: number;
  requests: number;
}

/** What rules read of the past of keys and callers. */
export interface ActivityHistory {
  /** What one key did in a span of its own minutes. */
  ofKey(workspace: string, keyId: string, fromMinute: number, toMinute: number): Promise<CallerActivity[]>;
  /** Refused calls with credentials nobody knows. */
  ofUnknownCredentials(workspace: string, fromMinute: number, toMinute: number): Promise<CallerActivity[]>;
  /** Networks a key was seen from before a moment; the country is that of one address of the network. */
  knownNetworks(workspace: string, keyId: string, before: number): Promise<KnownNetwork[]>;
  /** The same of many keys at once, up to now; in the order of the keys. */
  knownNetworksOf(keys: readonly KeyName[]): Promise<KnownNetwork[][]>;
}
