import type { ContainmentSummary, KeyState } from '@keytrail/contracts';

export interface KeySeen { key_id: string; kind: string; state: KeyState; replaces: string | null; replaced_by: string | null }
export type ContainmentSeen = Pick<ContainmentSummary, 'containment_id' | 'action' | 'state' | 'key_id' | 'successor_id' | 'overlap_ends_at'>;

/** All that a process which was killed has left behind of some keys. */
export interface Remains {
  keys: readonly KeySeen[];
  containments: readonly ContainmentSeen[];
  /** Actions in the audit trail, by the id of what they were done to. */
  entries: ReadonlyMap<string, readonly string[]>;
}

/** What must never be found: halves of an action, and actions that nobody wrote down. One sentence each. */
export function violations(remains: Remains): string[] {
  return [...remains.keys.flatMap((key) => ofKey(key, remains)), ...remains.containments.flatMap((containment) => ofContainment(containment, remains))];
}

function ofKey(key: KeySeen, { keys, containments, entries }: Remains): string[] {
  const found: string[] = [];
  const successors = keys.filter(({ replaces }) => replaces === key.key_id);
  const standing = containments.filter(({ key_id, state }) => key_id === key.key_id && state !== 'cancelled');
  if (standing.length > 1) found.push(`${key.key_id} has ${standing.length} containments`);
  if (successors.filter(({ state }) => state === 'active').length > 1) found.push(`${key.key_id} has more than one living successor`);
  if (key.replaced_by !== null && !successors.some(({ key_id }) => key_id === key.replaced_by)) found.push(`${key.key_id} is replaced by a key that is not there`);
  if (key.replaced_by !== null && key.state !== 'revoked') found.push(`${key.key_id} is replaced and lives`);
  const excused = containments.some(({ successor_id, state }) => successor_id === key.key_id && state === 'cancelled');
  if (key.state === 'revoked' && !excused && standing[0]?.state !== 'contained') found.push(`${key.key_id} is revoked without a containment that says so`);
  if (key.replaces !== null && !containments.some(({ successor_id }) => successor_id === key.key_id)) found.push(`${key.key_id} is a successor of which no containment knows`);
  found.push(...wrongCount(entries, key.key_id, `${key.kind}.created`, 1), ...wrongCount(entries, key.key_id, `${key.kind}.revoked`, key.state === 'revoked' ? 1 : 0));
  return found;
}

function ofContainment(containment: ContainmentSeen, { keys, entries }: Remains): string[] {
  const { containment_id: id, state, action, successor_id, overlap_ends_at } = containment;
  const found: string[] = [];
  const old = keys.find(({ key_id }) => key_id === containment.key_id);
  const successor = keys.find(({ key_id }) => key_id === successor_id);
  if (old === undefined) found.push(`${id} is about a key that is not there`);
  if (action !== 'revoke' && successor?.replaces !== containment.key_id) found.push(`${id} has no successor`);
  if (state === 'contained' && old?.state !== 'revoked') found.push(`${id} is contained and the old key lives`);
  if (state === 'contained' && action !== 'revoke' && old?.replaced_by !== successor_id) found.push(`${id} is contained and the old key does not name its successor`);
  if (state === 'overlap' && (old?.state !== 'active' || successor?.state !== 'active')) found.push(`${id} overlaps and one of the keys is dead`);
  if (state === 'cancelled' && successor?.state !== 'revoked') found.push(`${id} is cancelled and the new key lives`);
  const completed = state === 'contained' && overlap_ends_at !== null ? 1 : 0;
  found.push(
    ...wrongCount(entries, id, 'containment.started', 1), ...wrongCount(entries, id, 'containment.completed', completed),
    ...wrongCount(entries, id, 'containment.cancelled', state === 'cancelled' ? 1 : 0),
  );
  return found;
}

function wrongCount(entries: Remains['entries'], id: string, action: string, expected: number): string[] {
  const count = (entries.get(id) ?? []).filter((one) => one === action).length;
  return count === expected ? [] : [`${id} has ${count} entries ${action}, not ${expected}`];
}
