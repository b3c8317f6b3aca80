import { createHash } from 'node:crypto';

// RFC 6962, 2.1: leaves and nodes are told apart by their first byte, so that neither can be passed off as the other.
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

export const leafHash = (leaf: Buffer): Buffer => createHash('sha256').update(LEAF).update(leaf).digest();

export const nodeHash = (left: Buffer, right: Buffer): Buffer => createHash('sha256').update(NODE).update(left).update(right).digest();

/** The root of a tree without leaves. */
export const emptyRoot = (): Buffer => createHash('sha256').digest();
