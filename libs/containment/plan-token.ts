import { createHash } from 'node:crypto';
import type { BulkContain } from '@keytrail/contracts';

export interface PlannedKey {
  key_id: string;
  /** Grows with every change of the key. */
  version: number;
}

/** What a bulk order stands for: the order, and each of its keys as it is now. Any change of either gives another token. */
export function planToken({ plan_token, ...order }: BulkContain, keys: readonly PlannedKey[]): string {
  const set = keys.map(({ key_id, version }) => [key_id, version] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return `plan_${createHash('sha256').update(JSON.stringify([sorted(order), set])).digest('hex')}`;
}

/** The same order in whatever order its members came. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]);
}
