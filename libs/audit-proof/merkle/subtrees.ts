import { nodeHash } from './hash.js';

/** Leaves `start` (inclusive) to `end` (exclusive) of a tree. */
export interface LeafRange { start: number; end: number }

/** A complete subtree: the leaves from `position * 2^level`, 2^level of them. */
export interface NodePlace { level: number; position: number }

/** The largest power of two below `size`, where RFC 6962 splits a tree of that size (2 or more). */
export function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The complete subtrees a range consists of, from the left. The range must be one that a split of the tree gives. */
export function subtreesOf({ start, end }: LeafRange): NodePlace[] {
  const places: NodePlace[] = [];
  let from = start;
  while (from < end) {
    let level = 0;
    while (from + 2 ** (level + 1) <= end) level += 1;
    places.push({ level, position: from / 2 ** level });
    from += 2 ** level;
  }
  return places;
}

/** The hash over a range, from those of its complete subtrees. */
export function foldSubtrees(hashes: readonly Buffer[]): Buffer {
  const last = hashes.at(-1);
  if (last === undefined) throw new RangeError('a range of no leaves has no hash');
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}
