import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import { rolePermissions, type JudgedFinding, type NotAThreat } from '@keytrail/contracts';
import { AppError, Clock, conflict, notFound, type Caller } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';
import { presentFinding } from '../finding.store.js';
import { EVIDENCE_LIMIT } from '../rules/activity.js';
import { networkOf, ruleDefaults } from '../rules/index.js';
import { isOfCustomRule } from '../custom/rule.js';
import { SetRules } from './set-rules.service.js';

/** What people say of findings. */
@Injectable()
export class FindingVerdicts {
  constructor(
    private readonly database: Database, private readonly rules: SetRules, private readonly clock: Clock, private readonly auditTrail: AuditTrail,
  ) {}

  /** Throws 404 for a finding there is not, 403 when the caller may not tune and asks to teach, 409 when the finding names too many or nobody to learn. */
  async notAThreat(caller: Caller, findingId: string, { reason, teach }: NotAThreat): Promise<JudgedFinding> {
    if (teach && !rolePermissions[caller.role].includes('detection:tune')) {
      throw new AppError({ code: 'forbidden', status: 403, message: 'To teach what is allowed takes the permission detection:tune.' });
    }
    return this.database.transaction().execute(async (transaction) => {
      const found = await transaction.selectFrom('findings').selectAll().where('finding_id', '=', findingId).where(inWorkspaces(caller.scope.ids)).forUpdate().executeTakeFirst();
      if (found === undefined) throw notFound('finding');
      const verdict = { by: caller.actor, at: this.clock.date().toISOString(), reason };
      const after = await transaction.updateTable('findings').set({ not_a_threat: JSON.stringify(verdict) }).where('finding_id', '=', findingId)
        .returningAll().executeTakeFirstOrThrow();
      const taught = teach
        ? await this.rules.allow(transaction, caller, { workspace_id: found.workspace_id, key_id: found.key_id || null }, found.rule_id, callersOf(found), reason)
        : { allow_networks: [], allow_user_agents: [] };
      await this.auditTrail.record(transaction, caller, {
        action: 'finding.called_no_threat', object_type: 'finding', object_id: findingId, workspace_id: found.workspace_id, reason, detail: { teach, taught },
      });
      return { finding: presentFinding(after), taught };
    });
  }
}

/** Whom the finding names. One that names as many as it can may leave out others, which nobody has looked at. */
function callersOf({ rule_id, addresses, evidence }: { rule_id: string; addresses: readonly string[]; evidence: { user_agents?: readonly string[] | undefined } }) {
  if (!ruleDefaults.has(rule_id) && !isOfCustomRule(rule_id)) throw conflict('nothing_to_learn', 'Nobody can be allowed for what no rule found.');
  const user_agents = evidence.user_agents ?? [];
  const learnt = addresses.length > 0 ? addresses : user_agents;
  if (learnt.length === 0) throw conflict('nothing_to_learn', 'The finding names no caller who could be allowed.');
  if (learnt.length >= EVIDENCE_LIMIT) throw conflict('too_many_callers', 'The finding names so many callers that some may be left out; set the networks you know instead.');
  return addresses.length > 0 ? { allow_networks: [...new Set(addresses.map(networkOf))], allow_user_agents: [] } : { allow_networks: [], allow_user_agents: [...user_agents] };
}
