import { Injectable } from '@nestjs/common';
import { consistencyRanges, inclusionRanges, leafHashOf } from '@keytrail/audit-proof';
import type { AuditEntry, AuditProof, ConsistencyProof, ConsistencyQuery } from '@keytrail/contracts';
import { badRequest, conflict, notFound, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';
import { presentEntry } from './audit-entry.js';
import { hashesOf, treeSize } from './audit-tree.store.js';
import { Checkpoints } from './checkpoints.service.js';

/** An entry, its place in the tree, and the hashes (hex) that lead from its leaf to a root. */
export interface ProvenEntry { index: number; entry: AuditEntry; path: string[] }

/** Ids followed from entry to entry at most. */
const MOST_OBJECTS = 200;

/** Proofs over the tree. */
@Injectable()
export class AuditProofs {
  constructor(private readonly database: Database, private readonly checkpoints: Checkpoints) {}

  /** Throws 404, or 409 `entry_not_in_tree` for an entry that was written since the latest checkpoint. */
  async ofEntry(scope: WorkspaceScope, entryId: number): Promise<AuditProof> {
    const row = await this.database.selectFrom('audit_entries').selectAll().where('entry_id', '=', entryId).where(inWorkspaces(scope.ids)).executeTakeFirst();
    if (row === undefined) throw notFound('audit entry');
    const leaf = await this.database.selectFrom('audit_leaves').select('leaf_index').where('entry_id', '=', entryId).executeTakeFirst();
    if (leaf === undefined) throw conflict('entry_not_in_tree', 'No checkpoint covers the entry yet. One is signed every minute.');
    const checkpoint = await this.checkpoints.latest();
    const entry = presentEntry(row);
    return {
      entry, index: leaf.leaf_index, leaf_hash: leafHashOf(entry).toString('hex'), checkpoint,
      path: await hashesOf(this.database, inclusionRanges(leaf.leaf_index, checkpoint.body.size)),
    };
  }

  /** Throws 400 `no_such_size`. */
  async ofConsistency({ first, second }: ConsistencyQuery): Promise<ConsistencyProof> {
    const size = await treeSize(this.database);
    if (first > second || second > size) throw badRequest('no_such_size', `first must not exceed second, nor second the ${size} entries of the tree.`);
    return { first, second, path: await hashesOf(this.database, consistencyRanges(first, second)) };
  }

  /**
   * Entries about objects of a workspace (`accountToo`: and of the account itself), oldest first, with their paths in the tree of `size` entries; what a
   * key was replaced by is followed. At most `limit`.
   */
  async aboutObjects(objects: readonly string[], of: { workspace: string; accountToo: boolean }, size: number, limit: number): Promise<{ entries: ProvenEntry[]; truncated: boolean }> {
    const ids = new Set(objects);
    const read = () => this.database.selectFrom('audit_entries as entry').innerJoin('audit_leaves as leaf', 'leaf.entry_id', 'entry.entry_id')
      .selectAll('entry').select('leaf.leaf_index')
      .where('entry.object_id', 'in', [...ids]).where('leaf.leaf_index', '<', size)
      .where((where) => where.or([where('entry.workspace_id', '=', of.workspace), ...(of.accountToo ? [where('entry.workspace_id', 'is', null)] : [])]))
      .orderBy('leaf.leaf_index').limit(limit + 1).execute();
    let rows = await read();
    for (let known = 0; ids.size > known && ids.size < MOST_OBJECTS;) {
      known = ids.size;
      for (const { detail } of rows) if (typeof detail['replaced_by'] === 'string') ids.add(detail['replaced_by']);
      if (ids.size > known) rows = await read();
    }
    const shown = rows.slice(0, limit);
    const entries = await Promise.all(shown.map(async ({ leaf_index, ...row }) => ({
      index: leaf_index, entry: presentEntry(row), path: await hashesOf(this.database, inclusionRanges(leaf_index, size)),
    })));
    return { entries, truncated: rows.length > limit };
  }
}
