import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { append, emptyFrontier, rootOf, subtreeCount, type Frontier } from './frontier.js';
import { leafHash, nodeHash } from './hash.js';
import { consistencyRanges, inclusionRanges } from './proof-ranges.js';
import { foldSubtrees, splitPoint, subtreesOf, type LeafRange } from './subtrees.js';
import { verifyConsistency, verifyInclusion } from './verify-proof.js';

const hex = (text: string) => Buffer.from(text, 'hex');

/** The definition of RFC 6962, 2.1, as it stands there. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return rootOf(emptyFrontier);
  if (leaves.length === 1) return leafHash(leaves[0]!);
  const split = splitPoint(leaves.length);
  return nodeHash(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

/** A tree whose every node is kept, as the database keeps it. */
function grow(leaves: readonly Buffer[]) {
  const nodes = new Map<string, Buffer>();
  const frontiers: Frontier[] = [emptyFrontier];
  for (const leaf of leaves) {
    const step = append(frontiers.at(-1)!, leafHash(leaf));
    frontiers.push(step.frontier);
    for (const { level, position, hash } of step.nodes) nodes.set(`${level}/${position}`, hash);
  }
  const hashOf = (range: LeafRange) => foldSubtrees(subtreesOf(range).map(({ level, position }) => nodes.get(`${level}/${position}`)!));
  return {
    frontiers, root: (size: number) => rootOf(frontiers[size]!),
    inclusion: (index: number, size: number) => inclusionRanges(index, size).map(hashOf),
    consistency: (first: number, second: number) => consistencyRanges(first, second).map(hashOf),
  };
}

// The eight leaves of the reference tests of Certificate Transparency, with their known roots and proofs.
const reference = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(hex);
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree of RFC 6962', () => {
  const tree = grow(reference);

  it.each(roots.map((root, size): [number, string] => [size, root]))('has the known root of %i leaves', (size, root) => {
    expect(tree.root(size).toString('hex')).toBe(root);
  });

  it.each<[number, number, string[]]>([
    [0, 1, []],
    [0, 8, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4']],
    [5, 8, ['bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [1, 5, ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b']],
  ])('proves leaf %i in %i leaves as known', (index, size, path) => {
    expect(tree.inclusion(index, size).map((hash) => hash.toString('hex'))).toEqual(path);
    expect(verifyInclusion({ hash: leafHash(reference[index]!), index }, { size, root: hex(roots[size]!) }, path.map(hex))).toBe(true);
  });

  it.each<[number, number, string[]]>([
    [1, 1, []],
    [1, 8, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4']],
    [6, 8, ['0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
    [2, 5, ['5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b']],
  ])('proves that %i leaves are the beginning of %i as known', (first, second, path) => {
    expect(tree.consistency(first, second).map((hash) => hash.toString('hex'))).toEqual(path);
    expect(verifyConsistency({ size: first, root: hex(roots[first]!) }, { size: second, root: hex(roots[second]!) }, path.map(hex))).toBe(true);
  });

  const leavesOf = fc.array(fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)), { minLength: 1, maxLength: 70 });
  const flip = (bytes: Buffer, bit: number) => {
    const changed = Buffer.from(bytes);
    changed[bit >> 3 & 31]! ^= 1 << (bit & 7);
    return changed;
  };

  it('grows leaf by leaf to the root its definition gives, at any size', () => {
    fc.assert(fc.property(leavesOf, (leaves) => {
      const { frontiers } = grow(leaves);
      for (const frontier of frontiers) {
        expect(rootOf(frontier)).toEqual(treeHash(leaves.slice(0, frontier.size)));
        expect(frontier.hashes).toHaveLength(subtreeCount(frontier.size));
      }
    }), { numRuns: 50 });
  });

  it('proves every leaf in every size, and nothing else', () => {
    fc.assert(fc.property(leavesOf, fc.nat(), fc.nat(), fc.nat(), (leaves, someSize, someIndex, bit) => {
      const grown = grow(leaves);
      const size = 1 + someSize % leaves.length;
      const index = someIndex % size;
      const [leaf, head, path] = [{ hash: leafHash(leaves[index]!), index }, { size, root: grown.root(size) }, grown.inclusion(index, size)];
      expect(verifyInclusion(leaf, head, path)).toBe(true);
      expect(verifyInclusion({ ...leaf, hash: flip(leaf.hash, bit) }, head, path)).toBe(false);
      expect(verifyInclusion(leaf, { ...head, root: flip(head.root, bit) }, path)).toBe(false);
      expect(verifyInclusion({ ...leaf, index: size }, head, path)).toBe(false);
      expect(verifyInclusion(leaf, head, [...path, leaf.hash])).toBe(false);
      if (path.length > 0) {
        expect(verifyInclusion(leaf, head, path.slice(1))).toBe(false);
        const at = someIndex % path.length;
        expect(verifyInclusion(leaf, head, path.with(at, flip(path[at]!, bit)))).toBe(false);
      }
    }), { numRuns: 300 });
  });

  it('proves every beginning of every size, and nothing else', () => {
    fc.assert(fc.property(leavesOf, fc.nat(), fc.nat(), fc.nat(), (leaves, some, other, bit) => {
      const grown = grow(leaves);
      const [first, second] = [some % (leaves.length + 1), other % (leaves.length + 1)].sort((a, b) => a - b) as [number, number];
      const [before, after, path] = [{ size: first, root: grown.root(first) }, { size: second, root: grown.root(second) }, grown.consistency(first, second)];
      expect(verifyConsistency(before, after, path)).toBe(true);
      expect(verifyConsistency({ ...before, root: flip(before.root, bit) }, after, path)).toBe(false);
      if (first > 0) expect(verifyConsistency(before, { ...after, root: flip(after.root, bit) }, path)).toBe(false);
      if (second > first) expect(verifyConsistency(after, before, path)).toBe(false);
      if (path.length > 0) {
        const at = some % path.length;
        expect(verifyConsistency(before, after, path.with(at, flip(path[at]!, bit)))).toBe(false);
        expect(verifyConsistency(before, after, path.slice(1))).toBe(false);
        expect(verifyConsistency(before, after, [...path, before.root])).toBe(false);
      }
    }), { numRuns: 300 });
  });
});
