import { Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { append, findFlaw, leafHashOf, readPublicKeys, rootOf, signStatement, type Frontier, type TreeNode } from '@keytrail/audit-proof';
import type { AuditCheckpoint, AuditCheckpointPage, AuditCheckpointQuery, CheckpointKeySet } from '@keytrail/contracts';
import { AppError, Clock, decodeCursor, encodeCursor, notFound } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { addLeaves, frontierOf, lockTree, treeSize, unsequencedEntries, type Leaf } from './audit-tree.store.js';
import { addCheckpoint, keepSigningKey, lastCheckpoint, listCheckpoints, signingKeys } from './checkpoint.store.js';
import { isDue } from './is-due.js';
import { Signing } from './signing.service.js';

/** Entries one transaction gives a place at most. */
const ENTRIES_AT_ONCE = 5_000;

/** The tree in the database is not the one that was signed last: nothing more is signed. */
export class BrokenTreeError extends Error {
  override readonly name = 'BrokenTreeError';
}

/** Gives entries their place in the tree and signs what it is then. One process at a time does it, in one transaction. */
@Injectable()
export class Checkpoints {
  private readonly logger = new Logger('audit-trail');

  constructor(private readonly database: Database, private readonly clock: Clock, private readonly signing: Signing) {}

  /** Signs a checkpoint over every entry that was committed before the call. Rejects with {@link BrokenTreeError}. */
  async sign(): Promise<AuditCheckpoint> {
    for (;;) {
      const { checkpoint, more } = await this.step(null);
      if (!more) return checkpoint;
    }
  }

  /** The latest checkpoint; a new one when it is older than `everyMs`, whichever process signed it. Rejects with {@link BrokenTreeError}. */
  async signWhenDue(everyMs: number): Promise<AuditCheckpoint> {
    const { checkpoint, more } = await this.step(everyMs);
    return more ? this.sign() : checkpoint;
  }

  /** A new checkpoint, or the latest when the tree is broken: what was tampered with must be exported all the same. Throws 503 when there is none. */
  async signOrLatest(): Promise<AuditCheckpoint> {
    try {
      return await this.sign();
    } catch (error) {
      if (!(error instanceof BrokenTreeError)) throw error;
      this.logger.error(error.message);
      const last = await lastCheckpoint(this.database);
      if (last !== undefined) return last;
      throw new AppError({ code: 'audit_trail_broken', status: 503, message: 'The audit trail has no checkpoint and cannot get one: its tree was tampered with.', cause: error });
    }
  }

  /** Throws 404 before the first one, which is signed within a second of the first start. */
  async latest(): Promise<AuditCheckpoint> {
    const last = await lastCheckpoint(this.database);
    if (last === undefined) throw notFound('checkpoint yet');
    return last;
  }

  async list(query: AuditCheckpointQuery): Promise<AuditCheckpointPage> {
    const before = query.cursor === undefined ? null : decodeCursor(z.number().int().min(0), query.cursor);
    const found = await listCheckpoints(this.database, before, query.limit + 1);
    const data = found.slice(0, query.limit);
    return { data, next_cursor: found.length > query.limit ? encodeCursor(data.at(-1)?.body.number) : null };
  }

  /** Every public key that checkpoints were signed with, and the one that signs now. */
  async keys(): Promise<CheckpointKeySet> {
    const [used, now] = [await signingKeys(this.database), (await this.signing.key()).public];
    return { keys: used.some(({ kid }) => kid === now.kid) ? used : [...used, now] };
  }

  private async step(everyMs: number | null): Promise<{ checkpoint: AuditCheckpoint; more: boolean }> {
    const key = await this.signing.key();
    // Read committed: what is read after the lock was had is the tree as the process before left it.
    return this.database.transaction().setIsolationLevel('read committed').execute(async (transaction) => {
      await lockTree(transaction);
      const last = await lastCheckpoint(transaction);
      const now = this.clock.date();
      if (everyMs !== null && last !== undefined && !isDue(Date.parse(last.body.at), now.getTime(), everyMs)) return { checkpoint: last, more: false };
      await keepSigningKey(transaction, key.public, now);
      const { frontier, added } = await this.grow(transaction, await this.frontierAsSigned(transaction, last));
      const body = { number: last === undefined ? 0 : last.body.number + 1, size: frontier.size, root: rootOf(frontier).toString('hex'), at: now.toISOString() };
      const checkpoint = await signStatement('checkpoint', body, key);
      await addCheckpoint(transaction, checkpoint);
      return { checkpoint, more: added === ENTRIES_AT_ONCE };
    });
  }

  /** Where the tree stands. Nothing is signed on top of what is not as it was signed. */
  private async frontierAsSigned(transaction: Executor, last: AuditCheckpoint | undefined): Promise<Frontier> {
    const size = await treeSize(transaction);
    const signed = last?.body.size ?? 0;
    if (size !== signed) throw new BrokenTreeError(`the audit trail was tampered with: its tree has ${size} leaves, the last checkpoint ${signed}`);
    if (last === undefined) return frontierOf(transaction, 0);
    const keys = await readPublicKeys(JSON.stringify({ keys: await signingKeys(transaction) }));
    const flaw = await findFlaw('checkpoint', last, keys);
    if (flaw !== undefined) throw new BrokenTreeError(`the audit trail was tampered with: checkpoint ${last.body.number} is not to be believed: ${flaw}`);
    const frontier = await frontierOf(transaction, size).catch((error: Error) => {
      throw new BrokenTreeError(error.message, { cause: error });
    });
    if (rootOf(frontier).toString('hex') !== last.body.root) {
      throw new BrokenTreeError(`the audit trail was tampered with: its tree does not have the root of checkpoint ${last.body.number}`);
    }
    return frontier;
  }

  private async grow(transaction: Executor, start: Frontier): Promise<{ frontier: Frontier; added: number }> {
    const entries = await unsequencedEntries(transaction, ENTRIES_AT_ONCE);
    const leaves: Leaf[] = [];
    const nodes: TreeNode[] = [];
    let frontier = start;
    for (const entry of entries) {
      leaves.push({ leaf_index: frontier.size, entry_id: entry.entry_id });
      const step = append(frontier, leafHashOf(entry));
      nodes.push(...step.nodes);
      frontier = step.frontier;
    }
    await addLeaves(transaction, leaves, nodes);
    return { frontier, added: entries.length };
  }
}
