import { leavesOf, type Leaf } from './attributes.js';
import { isAbsent } from './fields.js';
import type { JsonObject } from './mapped-line.js';

/**
 * The fields of a record whose operator chose the names. Names are compared without regard to their spelling: `requestId`, `request_id`,
 * `$context.requestId`, `%REQ(X-REQUEST-ID)%` (as `x_request_id`) and `{ request: { id } }` are what they look like.
 */
export interface NamedFields {
  /** The value under the first of these names (in snake_case) that has one. */
  take(...names: string[]): unknown;
  has(name: string): boolean;
  /** What nobody took, in snake_case. */
  others(): Leaf[];
}

export function namedFields(record: JsonObject): NamedFields {
  const byName = new Map<string, Leaf>();
  const repeated: Leaf[] = [];
  for (const leaf of leavesOf(record)) {
    if (isAbsent(leaf.value)) continue;
    const path = leaf.path.map(plainName);
    const name = path.join('_');
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
    has: (name) => byName.has(name),
    others: () => [...byName].filter(([name]) => !taken.has(name)).map(([, leaf]) => leaf).concat(repeated),
  };
}

const HEADER = /^%?(?:REQ|RESP|REQUEST_HEADER|RESPONSE_HEADER)\(:?([^)?]{1,256})(?:\?[^)]{0,256})?\)(?::\d{1,6})?%?$/;
const REMEMBERED = 2048;
const known = new Map<string, string>();

/** snake_case of a name, without what marks it as a variable of Envoy or API Gateway. */
export function plainName(name: string): string {
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const plain = (HEADER.exec(name)?.[1] ?? name.replace(/^\$?context\./, '')).replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
    .replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
  if (known.size >= REMEMBERED) known.clear();
  if (name.length <= 256) known.set(name, plain);
  return plain;
}
