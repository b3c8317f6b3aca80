import { leavesOf, type Leaf } from './attributes.js';
import { isAbsent } from './fields.js';
import type { JsonObject } from './mapped-line.js';
import { plainName } from './plain-name.js';

/**
 * The fields of a record whose operator chose the names. Names are compared without regard to their spelling: `requestId`, `request_id`,
 * `$context.requestId`, `%REQ(X-REQUEST-ID)%` (as `x_request_id`) and `{ request: { id } }` are what they look like.
 */
export interface NamedFields {
  /** The value under the first of these names (in snake_case) that has one. */
  take(...names: string[]): unknown;
  /** Whether there is a field of this name, though it may say nothing. */
  has(name: string): boolean;
  /** What nobody took, in snake_case. */
  others(): Leaf[];
}

export function namedFields(record: JsonObject): NamedFields {
  const byName = new Map<string, Leaf>();
  const names = new Set<string>();
  const repeated: Leaf[] = [];
  for (const leaf of leavesOf(record)) {
    const path = leaf.path.map(plainName);
    const name = path.join('_');
    names.add(name);
    if (isAbsent(leaf.value)) continue;
    // Of two that mean the same, the first counts.
    if (byName.has(name)) repeated.push({ path, value: leaf.value });
    else byName.set(name, { path, value: leaf.value });
  }
  const taken = new Set<string>();
  return {
    take(...names) {
      for (const name of names) {
        const leaf = byName.get(name);
        if (leaf === undefined) continue;
        taken.add(name);
        return leaf.value;
      }
      return undefined;
    },
    has: (name) => names.has(name),
    others: () => [...byName].filter(([name]) => !taken.has(name)).map(([, leaf]) => leaf).concat(repeated),
  };
}
