import { Injectable } from '@nestjs/common';
import type { Environment } from '@keytrail/contracts';
import type { DirectoryEntry } from '@keytrail/credentials';
import { Database } from '@keytrail/postgres';
import type { KeyFacts } from './types.js';

const MOST_OVERLAPS = 10_000;

/** What rules ask the registry, beside what the directory of keys holds. */
@Injectable()
export class RuleFacts {
  private workspaces = new Map<string, { environment: Environment; enhanced_security: boolean }>();
  private leaked = new Map<string, number>();
  private overlaps = new Map<string, NonNullable<KeyFacts['overlap']>>();

  constructor(private readonly database: Database) {}

  async refresh(): Promise<void> {
    const rows = await this.database.selectFrom('workspaces').select(['workspace_id', 'environment', 'enhanced_security']).execute();
    const leaked = await this.database.selectFrom('leaked_keys').select(({ fn }) => ['key_id', fn.min('at').as('at')] as const).groupBy('key_id').execute();
    this.leaked = new Map(leaked.map(({ key_id, at }) => [key_id, at.getTime()]));
    this.overlaps = await this.readOverlaps();
    this.workspaces = new Map(rows.map(({ workspace_id, ...rest }) => [workspace_id, rest]));
  }

  of(key: DirectoryEntry | undefined): KeyFacts | undefined {
    if (key === undefined) return undefined;
    const workspace = key.workspace_id === null ? undefined : this.workspaces.get(key.workspace_id);
    const environment = workspace?.environment ?? key.environment;
    if (environment === null) return undefined;
    return {
      kind: key.kind, name: key.name, owner_id: key.owner_id, environment, secret_fingerprint: key.secret_fingerprint,
      enhanced_security: workspace?.enhanced_security ?? false, canary: key.canary, leaked_at: this.leaked.get(key.key_id) ?? null,
      overlap: this.overlaps.get(key.key_id) ?? null,
    };
  }

  /** Rotations that are not settled, and those that were settled after their overlap had ended; the latest of each key. */
  private async readOverlaps(): Promise<Map<string, NonNullable<KeyFacts['overlap']>>> {
    const rows = await this.database.selectFrom('containments').select(['key_id', 'successor_id', 'overlap_ends_at', 'ended_at'])
      .where('successor_id', 'is not', null).where('overlap_ends_at', 'is not', null)
      .where((where) => where.or([where('ended_at', 'is', null), where('ended_at', '>', where.ref('overlap_ends_at'))])).orderBy('started_at').limit(MOST_OVERLAPS).execute();
    return new Map(rows.map(({ key_id, successor_id, overlap_ends_at, ended_at }) => (
      [key_id, { successor_id: successor_id!, ends_at: overlap_ends_at!.getTime(), settled_at: ended_at?.getTime() ?? null }])));
  }
}
