import { emptyRoot, nodeHash } from './hash.js';
import { foldSubtrees, type NodePlace } from './subtrees.js';

/** All that a tree needs to grow: its size and the hashes of its complete subtrees, from the left. Never changed in place. */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

export interface TreeNode extends NodePlace { hash: Buffer }

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** How many complete subtrees a tree of this size has: the ones of the size in binary. */
export function subtreeCount(size: number): number {
  let [count, rest] = [0, size];
  for (; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** The tree with one leaf more, and the nodes that are complete by it: the leaf, then upwards. */
export function append({ size, hashes }: Frontier, leaf: Buffer): { frontier: Frontier; nodes: TreeNode[] } {
  const nodes: TreeNode[] = [{ level: 0, position: size, hash: leaf }];
  const kept = [...hashes];
  let hash = leaf;
  for (let [level, position] = [1, size]; position % 2 === 1; level += 1) {
    position = Math.floor(position / 2);
    hash = nodeHash(kept.pop() as Buffer, hash);
    nodes.push({ level, position, hash });
  }
  return { frontier: { size: size + 1, hashes: [...kept, hash] }, nodes };
}

export const rootOf = ({ hashes }: Frontier): Buffer => (hashes.length === 0 ? emptyRoot() : foldSubtrees(hashes));
