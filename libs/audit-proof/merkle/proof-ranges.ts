import { splitPoint, type LeafRange } from './subtrees.js';

/** Ranges whose hashes prove that leaf `index` is in a tree of `size` leaves (RFC 6962, 2.1.1), from the leaf upwards. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const path: LeafRange[] = [];
  let range: LeafRange = { start: 0, end: size };
  while (range.end - range.start > 1) {
    const middle = range.start + splitPoint(range.end - range.start);
    const [left, right] = [{ start: range.start, end: middle }, { start: middle, end: range.end }];
    const goesLeft = index < middle;
    path.push(goesLeft ? right : left);
    range = goesLeft ? left : right;
  }
  return path.reverse();
}

/** Ranges whose hashes prove that the tree of `first` leaves is the beginning of that of `second` (RFC 6962, 2.1.2). None when either is empty or both are the same. */
export function consistencyRanges(first: number, second: number): LeafRange[] {
  if (first === 0 || first === second) return [];
  const path: LeafRange[] = [];
  let range: LeafRange = { start: 0, end: second };
  while (range.end !== first) {
    const middle = range.start + splitPoint(range.end - range.start);
    const goesLeft = first <= middle;
    path.push(goesLeft ? { start: middle, end: range.end } : { start: range.start, end: middle });
    range = goesLeft ? { start: range.start, end: middle } : { start: middle, end: range.end };
  }
  // The first tree as a whole is known to whoever asks.
  if (range.start !== 0) path.push(range);
  return path.reverse();
}
