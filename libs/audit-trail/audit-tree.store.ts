import { sql } from 'kysely';
import { foldSubtrees, subtreesOf, type Frontier, type LeafRange, type NodePlace, type TreeNode } from '@keytrail/audit-proof';
import type { AuditEntry } from '@keytrail/contracts';
import type { Executor } from '@keytrail/postgres';
import { presentEntry } from './audit-entry.js';

/** Any number; the same in every process that signs. */
const TREE_LOCK = 7_620_002;

/** Rows an INSERT holds at most: Postgres takes 65,535 parameters. */
const ROWS_AT_ONCE = 10_000;

export interface Leaf { leaf_index: number; entry_id: number }

/** From here to the end of the transaction no other process makes the tree grow. */
export async function lockTree(transaction: Executor): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${TREE_LOCK})`.execute(transaction);
}

/** Committed entries that have no place in the tree, in the order they were written. */
export async function unsequencedEntries(transaction: Executor, limit: number): Promise<AuditEntry[]> {
  const rows = await transaction.selectFrom('audit_entries').selectAll()
    .where('entry_id', 'in', (waiting) => waiting.selectFrom('audit_unsequenced').select('entry_id').orderBy('entry_id').limit(limit))
    .orderBy('entry_id').execute();
  return rows.map(presentEntry);
}

export async function addLeaves(transaction: Executor, leaves: readonly Leaf[], nodes: readonly TreeNode[]): Promise<void> {
  if (leaves.length === 0) return;
  await transaction.insertInto('audit_leaves').values([...leaves]).execute();
  for (let start = 0; start < nodes.length; start += ROWS_AT_ONCE) {
    const rows = nodes.slice(start, start + ROWS_AT_ONCE).map(({ level, position, hash }) => ({ level, position, hash: hash.toString('hex') }));
    await transaction.insertInto('audit_tree_nodes').values(rows).execute();
  }
  await transaction.deleteFrom('audit_unsequenced').where('entry_id', 'in', leaves.map(({ entry_id }) => entry_id)).execute();
}

/** Leaves there are, by the last one. */
export async function treeSize(executor: Executor): Promise<number> {
  const last = await executor.selectFrom('audit_leaves').select('leaf_index').orderBy('leaf_index', 'desc').limit(1).executeTakeFirst();
  return last === undefined ? 0 : last.leaf_index + 1;
}

const nameOf = ({ level, position }: NodePlace) => `${level}/${position}`;

async function nodesAt(executor: Executor, places: readonly NodePlace[]): Promise<(place: NodePlace) => Buffer> {
  const rows = places.length === 0 ? [] : await executor.selectFrom('audit_tree_nodes').selectAll()
    .where((where) => where.or(places.map(({ level, position }) => where.and([where('level', '=', level), where('position', '=', position)])))).execute();
  const hashes = new Map(rows.map((row) => [nameOf(row), Buffer.from(row.hash, 'hex')]));
  return (place) => {
    const hash = hashes.get(nameOf(place));
    if (hash === undefined) throw new Error(`the tree of the audit trail lacks node ${nameOf(place)}: it was tampered with`);
    return hash;
  };
}

/** What is needed to go on from the tree of `size` leaves. Throws when the database lacks a node of it. */
export async function frontierOf(executor: Executor, size: number): Promise<Frontier> {
  const places = subtreesOf({ start: 0, end: size });
  const hashAt = await nodesAt(executor, places);
  return { size, hashes: places.map(hashAt) };
}

/** The hash over each range, in hex. Throws when the database lacks a node. */
export async function hashesOf(executor: Executor, ranges: readonly LeafRange[]): Promise<string[]> {
  const places = ranges.map(subtreesOf);
  const hashAt = await nodesAt(executor, places.flat());
  return places.map((ofRange) => foldSubtrees(ofRange.map(hashAt)).toString('hex'));
}

/** `leaf_hash` as the tree has it; the entry as the table has it now, null when it has it no more. */
export interface ExportedLeaf { index: number; leaf_hash: string; entry: AuditEntry | null }

/** Leaves from `start` to `end` (exclusive), at most `limit`. Three looks by key: a join may be planned as a scan of all, page after page. */
export async function leavesBetween(executor: Executor, start: number, end: number, limit: number): Promise<ExportedLeaf[]> {
  const leaves = await executor.selectFrom('audit_leaves').selectAll()
    .where('leaf_index', '>=', start).where('leaf_index', '<', end).orderBy('leaf_index').limit(limit).execute();
  const last = leaves.at(-1);
  if (last === undefined) return [];
  const nodes = await executor.selectFrom('audit_tree_nodes').select(['position', 'hash'])
    .where('level', '=', 0).where('position', '>=', start).where('position', '<=', last.leaf_index).execute();
  const rows = await executor.selectFrom('audit_entries').selectAll().where('entry_id', 'in', leaves.map(({ entry_id }) => entry_id)).execute();
  const hashes = new Map(nodes.map(({ position, hash }) => [position, hash]));
  const entries = new Map(rows.map((row) => [row.entry_id, presentEntry(row)]));
  return leaves.map(({ leaf_index, entry_id }) => ({ index: leaf_index, leaf_hash: hashes.get(leaf_index) ?? NO_HASH, entry: entries.get(entry_id) ?? null }));
}

/** Stands for a hash that the database has lost. */
const NO_HASH = '0'.repeat(64);
