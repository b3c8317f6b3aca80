import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AppError, JobSchedule, RecurringJob, systemActor, type OwnerFileSettings } from '@keytrail/platform';
import { OwnerImports } from './owner-imports.service.js';

/** As much as a call takes. */
const MOST_BYTES = 4 * 1024 * 1024;
const SOURCE = 'file';

/** The file that tells of owners, for what is injected. */
export class OwnerFile {
  constructor(readonly settings: OwnerFileSettings) {}
}

/** Reads the file of owners when it holds something else than before. What it holds is tried once, whether it could be used or not. */
@Injectable()
export class OwnerFileJob extends RecurringJob {
  private warned = '';

  constructor(private readonly imports: OwnerImports, private readonly file: OwnerFile, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('owner-file', schedule.ownersMs, scheduler);
  }

  override async run(): Promise<void> {
    const { path, format, absent } = this.file.settings;
    const content = await this.read(path);
    if (content === undefined) return;
    const feed = { source: SOURCE, sha256: createHash('sha256').update(content).digest('hex') };
    try {
      const done = await this.imports.runOnce(systemActor, { format, content, dry_run: false, source: SOURCE, create: true, absent }, feed);
      if (done === undefined) return;
      const { created, changed, left, reassigned, refused } = done.counts;
      this.logger.log(`the file of owners was read: ${created} made, ${changed} changed, ${left} left, ${reassigned} keys given to others, ${refused} lines refused`);
      for (const { line, message } of done.refused.slice(0, 20)) this.logger.warn(`line ${line} of the file of owners was left out: ${message}`);
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      this.logger.warn(`the file of owners was not used: ${error.message}`);
      // What somebody else does meanwhile is no fault of the file.
      if (error.code !== 'owners_changed') await this.imports.noteRefusal(systemActor, feed, error.code);
    }
  }

  /** Undefined, and a warning the first time, for a file that cannot be read: nothing is known then, and nothing is done. */
  private async read(path: string): Promise<string | undefined> {
    let problem: string;
    try {
      if ((await stat(path)).size <= MOST_BYTES) {
        this.warned = '';
        return await readFile(path, 'utf8');
      }
      problem = 'it is larger than 4 MiB';
    } catch (error) {
      problem = (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
    if (problem !== this.warned) this.logger.warn(`the file of owners cannot be read: ${problem}`);
    this.warned = problem;
    return undefined;
  }
}
