import { Injectable } from '@nestjs/common';
import type { Environment } from '@keytrail/contracts';
import type { DirectoryEntry } from '@keytrail/credentials';
import { Database } from '@keytrail/postgres';
import type { KeyFacts } from './types.js';

/** What rules ask the registry, beside what the directory of keys holds. */
@Injectable()
export class RuleFacts {
  private workspaces = new Map<string, { environment: Environment; enhanced_security: boolean }>();
  private leaked = new Map<string, number>();

  constructor(private readonly database: Database) {}

  async refresh(): Promise<void> {
    const rows = await this.database.selectFrom('workspaces').select(['workspace_id', 'environment', 'enhanced_security']).execute();
    const leaked = await this.database.selectFrom('leaked_keys').select(({ fn }) => ['key_id', fn.min('at').as('at')] as const).groupBy('key_id').execute();
    this.leaked = new Map(leaked.map(({ key_id, at }) => [key_id, at.getTime()]));
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
    };
  }
}
