import { emptyRoot, nodeHash } from './hash.js';

const half = (value: number) => Math.floor(value / 2);
const isOdd = (value: number) => value % 2 === 1;

/** Whether `path` leads from a leaf's hash to the root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(leaf: { hash: Buffer; index: number }, tree: { size: number; root: Buffer }, path: readonly Buffer[]): boolean {
  if (!Number.isSafeInteger(leaf.index) || leaf.index < 0 || leaf.index >= tree.size) return false;
  let [node, last] = [leaf.index, tree.size - 1];
  let hash = leaf.hash;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && hash.equals(tree.root);
}

/** Whether `path` shows that the first tree is the beginning of the second (RFC 9162, 2.1.4.2). */
export function verifyConsistency(first: { size: number; root: Buffer }, second: { size: number; root: Buffer }, path: readonly Buffer[]): boolean {
  if (first.size > second.size) return false;
  if (first.size === 0) return path.length === 0 && first.root.equals(emptyRoot());
  if (first.size === second.size) return path.length === 0 && first.root.equals(second.root);
  let [node, last] = [first.size - 1, second.size - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // A first tree that is a complete subtree of the second is not sent: it is the first root.
  const [start, ...rest] = node === 0 ? [first.root, ...path] : path;
  if (start === undefined) return false;
  let [ofFirst, ofSecond] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      [ofFirst, ofSecond] = [nodeHash(sibling, ofFirst), nodeHash(sibling, ofSecond)];
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      ofSecond = nodeHash(ofSecond, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && ofFirst.equals(first.root) && ofSecond.equals(second.root);
}
