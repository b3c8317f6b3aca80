import { Injectable } from '@nestjs/common';
import type { PolicySummary, PolicySummaryQuery, PolicyViolation, PolicyViolationPage, PolicyViolationQuery } from '@keytrail/contracts';
import { decodeCursor, encodeCursor, idPosition, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { policies } from './catalogue.js';
import { suggestedActions } from './suggested-actions.js';
import { countOpen, lastCheck, listViolations, type ViolationRecord } from './violation.store.js';

/** Violations as people see them. */
@Injectable()
export class PolicyViolations {
  constructor(private readonly database: Database) {}

  async list(scope: WorkspaceScope, { workspace, cursor, limit, ...filter }: PolicyViolationQuery): Promise<PolicyViolationPage> {
    const before = cursor === undefined ? undefined : decodeCursor(idPosition('vio'), cursor);
    const rows = await listViolations(this.database, { ...filter, workspaces: scope.narrow(workspace), before, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    return { data: shown.map(present), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.violation_id) : null };
  }

  async summary(scope: WorkspaceScope, { workspace }: PolicySummaryQuery): Promise<PolicySummary> {
    const counts = await countOpen(this.database, scope.narrow(workspace));
    const of = (severity: string, policy?: string) =>
      counts.filter((one) => one.severity === severity && (policy === undefined || one.policy === policy)).reduce((sum, { violations }) => sum + violations, 0);
    return {
      checked_at: (await lastCheck(this.database))?.toISOString() ?? null, open: { warn: of('warn'), breach: of('breach') },
      policies: policies.map(({ id, title, why }) => ({ policy: id, title, why, warn: of('warn', id), breach: of('breach', id) })),
    };
  }
}

function present(row: ViolationRecord): PolicyViolation {
  const { kind, service, environment, owner_id, has_successor } = row;
  const registered = kind === null || service === null || environment === null || owner_id === null ? null : { kind, service, environment, owner_id, has_successor };
  return {
    violation_id: row.violation_id, policy: row.policy, severity: row.severity, state: row.ended_at === null ? 'open' : 'ended', key_id: row.key_id, kind,
    name: row.name ?? row.key_id, workspace_id: row.workspace_id,
    owner: owner_id === null ? null : { owner_id, name: row.owner_name!, contact: row.owner_contact!, status: row.owner_status! },
    summary: row.summary, since: row.since.toISOString(), due_at: row.due_at?.toISOString() ?? null, opened_at: row.opened_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null, end_reason: row.end_reason,
    suggested_actions: row.ended_at === null ? suggestedActions(row.policy, { key_id: row.key_id, workspace_id: row.workspace_id, registered }) : [],
  };
}
