import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { Replacement, RevokeAndReplace } from '@keytrail/contracts';
import {
  ApiKeys, findById, insertCredential, lockById, markRevoked, presentKey, type CredentialRecord,
} from '@keytrail/credentials';
import { Incidents } from '@keytrail/incidents';
import { Clock, newId, notFound, type Caller } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { claimIdempotencyKey, keepAnswer, type IdempotentCall } from './idempotent-call.store.js';
import { planReplacement } from './plan-replacement.js';

/** Stops a key and gives its owner another, at once. */
@Injectable()
export class Containment {
  constructor(
    private readonly database: Database, private readonly apiKeys: ApiKeys, private readonly incidents: Incidents,
    private readonly auditTrail: AuditTrail, private readonly clock: Clock,
  ) {}

  /**
   * Revokes a key and issues its successor in one transaction, together with the audit entries and the incident's timeline: all of it
   * happens or none. The secret is in the first answer only.
   */
  async revokeAndReplace(caller: Caller, keyId: string, request: RevokeAndReplace, idempotencyKey: string | undefined): Promise<Replacement> {
    const now = this.clock.date();
    const call: IdempotentCall | undefined = idempotencyKey === undefined ? undefined
      : { caller: caller.actor, key: idempotencyKey, request: ['revoke-and-replace', keyId, request] };
    return this.database.transaction().execute(async (transaction) => {
      // Before the replay: an answer of yesterday is not for a caller whose workspaces are others today.
      const key = await lockById(transaction, keyId, caller.scope.ids);
      if (key === undefined) throw notFound('API key');
      const replayed = call && await claimIdempotencyKey<Replacement>(transaction, call, now);
      if (replayed !== undefined) return { ...replayed, replayed: true };
      const { secret, successor } = await this.replace(transaction, caller, key, request, now);
      if (request.incident_id !== undefined) {
        await this.incidents.recordContainment(transaction, caller, request.incident_id, key.workspace_id,
          `${key.name} (${keyId}) was revoked and replaced by ${successor}: ${request.reason}`);
      }
      const answer: Replacement = {
        revoked: await this.present(transaction, keyId, now), replacement: await this.present(transaction, successor, now), secret: null,
        incident_id: request.incident_id ?? null, replayed: false,
      };
      if (call !== undefined) await keepAnswer(transaction, call, answer);
      return { ...answer, secret };
    });
  }

  private async replace(transaction: Executor, caller: Caller, key: CredentialRecord, request: RevokeAndReplace, now: Date) {
    const { reason, incident_id } = request;
    const plan = planReplacement(key, now);
    const { secret, ...kept } = this.apiKeys.issueSecret();
    const successor = newId('key');
    await insertCredential(transaction, { ...plan, ...kept, key_id: successor, created_at: now, rotated_at: now, created_by: caller.actor });
    await markRevoked(transaction, key.key_id, { revoked_at: now, revoked_by: caller.actor, revoke_reason: reason, replaced_by: successor });
    const about = { object_type: 'api_key', workspace_id: key.workspace_id, reason };
    await this.auditTrail.record(transaction, caller, {
      ...about, action: 'api_key.revoked', object_id: key.key_id, detail: { name: key.name, replaced_by: successor, ...(incident_id && { incident_id }) },
    });
    await this.auditTrail.record(transaction, caller, {
      ...about, action: 'api_key.created', object_id: successor,
      detail: { name: plan.name, service: plan.service, owner_id: plan.owner_id, scopes: plan.scopes, replaces: key.key_id },
    });
    return { secret, successor };
  }

  private async present(transaction: Executor, keyId: string, now: Date) {
    const key = await findById(transaction, keyId, null);
    if (key === undefined) throw notFound('API key');
    return presentKey(key, now);
  }
}
