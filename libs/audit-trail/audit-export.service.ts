import { Injectable } from '@nestjs/common';
import { checkpointLine, entryLine, headerLine, signStatement } from '@keytrail/audit-proof';
import type { AuditCheckpoint, AuditExportHeader, AuditExportQuery } from '@keytrail/contracts';
import { AppError, Clock, badRequest, type Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { AuditTrail } from './audit-trail.store.js';
import { frontierOf, leavesBetween, type ExportedLeaf } from './audit-tree.store.js';
import { checkpointsBetween, firstCheckpointFrom, firstCheckpointOver, lastCheckpointUntil } from './checkpoint.store.js';
import { Checkpoints } from './checkpoints.service.js';
import { paged } from './paged.js';
import { Signing } from './signing.service.js';

const ROWS_AT_ONCE = 500;
const CHUNK_CHARACTERS = 65_536;

/** The whole record, or a range of it, as lines that `keytrail audit verify` checks. */
@Injectable()
export class AuditExport {
  constructor(
    private readonly database: Database, private readonly auditTrail: AuditTrail, private readonly checkpoints: Checkpoints,
    private readonly signing: Signing, private readonly clock: Clock,
  ) {}

  /**
   * NDJSON in chunks: a signed header, then each entry in the order of the tree, and each checkpoint behind the last entry it covers. The
   * export is itself recorded first, and so is in it. Throws 403 unless the caller reaches the whole account.
   */
  async start(caller: Caller, query: AuditExportQuery): Promise<AsyncIterable<string>> {
    caller.scope.assertAll('export the audit trail');
    await this.auditTrail.recordRead(caller, { action: 'audit_trail.exported', object_type: 'audit_trail', object_id: 'audit', workspace_id: null, detail: { ...query } });
    const latest = await this.checkpoints.signOrLatest();
    const last = (query.to === undefined ? undefined : await firstCheckpointFrom(this.database, new Date(query.to))) ?? latest;
    const from = query.from_index ?? (query.from === undefined ? 0 : (await lastCheckpointUntil(this.database, new Date(query.from)))?.body.size ?? 0);
    if (from > last.body.size) throw badRequest('empty_range', `The range begins behind its end, which is at ${last.body.size} entries.`);
    const first = await firstCheckpointOver(this.database, from);
    if (first === undefined || first.body.number > last.body.number) throw badRequest('empty_range', 'No checkpoint lies in this range.');
    const header = await this.headerOf(caller, from, { first, last }, last.body.number === latest.body.number);
    return inChunks(this.lines(header));
  }

  private async headerOf(caller: Caller, from: number, range: { first: AuditCheckpoint; last: AuditCheckpoint }, complete: boolean) {
    const key = await this.signing.key();
    const body: AuditExportHeader = {
      version: 1, from_index: from, to_index: range.last.body.size, before: await this.hashesBefore(from),
      first_checkpoint: range.first.body.number, last_checkpoint: range.last.body.number, complete,
      key_id: key.public.kid, exported_at: this.clock.date().toISOString(), exported_by: caller.actor,
    };
    return signStatement('audit-export', body, key);
  }

  private async hashesBefore(from: number): Promise<string[]> {
    try {
      return (await frontierOf(this.database, from)).hashes.map((hash) => hash.toString('hex'));
    } catch (error) {
      throw new AppError({
        code: 'audit_trail_broken', status: 503, message: 'The tree lacks what stands before this range: it was tampered with. Export from the beginning.', cause: error,
      });
    }
  }

  /** Nothing it reads ever changes, so that it needs no transaction, however long the reader takes. */
  private async* lines(header: Awaited<ReturnType<AuditExport['headerOf']>>): AsyncGenerator<string> {
    const { from_index, to_index, first_checkpoint, last_checkpoint } = header.body;
    yield headerLine(header);
    const leaves = paged((next) => leavesBetween(this.database, next, to_index, ROWS_AT_ONCE), ({ index }: ExportedLeaf) => index, from_index);
    const checkpoints = paged((next) => checkpointsBetween(this.database, next, last_checkpoint, ROWS_AT_ONCE), ({ body }: AuditCheckpoint) => body.number, first_checkpoint);
    let leaf = await leaves.next();
    for await (const checkpoint of checkpoints) {
      for (; !leaf.done && leaf.value.index < checkpoint.body.size; leaf = await leaves.next()) yield entryLine(leaf.value, leaf.value.entry);
      yield checkpointLine(checkpoint);
    }
  }
}

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
