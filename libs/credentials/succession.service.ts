import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import { Secrets, newId, type Actor } from '@keytrail/platform';
import type { Executor } from '@keytrail/postgres';
import type { CredentialRecord } from './credential.js';
import { insertCredential, markRevoked, policyFor } from './credential.store.js';
import { kindRules } from './kinds.js';
import { issueMaterial } from './material.js';
import { planReplacement } from './plan-replacement.js';

export interface Reasons {
  reason: string | null;
  incident_id?: string | undefined;
}

export interface Succeeded {
  /** Id of the new key. */
  successor: string;
  /** Of the new key, to be shown once. */
  shown: Readonly<Record<string, string>>;
}

/** Puts a new key in the place of an old one, in two steps. Each writes its audit entry in the transaction it is given. */
@Injectable()
export class Succession {
  constructor(private readonly secrets: Secrets, private readonly auditTrail: AuditTrail) {}

  /** Issues the successor of a key that the transaction has locked. Throws 409 `key_revoked` when it is revoked already. */
  async issue(transaction: Executor, actor: Actor, key: CredentialRecord, { reason }: Reasons, now: Date): Promise<Succeeded> {
    const plan = planReplacement(key, await policyFor(transaction, key.workspace_id), now);
    const successor = newId('key');
    const { shown, ...kept } = await issueMaterial(kindRules[key.kind], { key_id: successor, workspace_id: key.workspace_id }, this.secrets);
    await insertCredential(transaction, { ...plan, key_id: successor, created_at: now, rotated_at: now, created_by: actor.actor }, kept);
    await this.auditTrail.record(transaction, actor, {
      action: `${key.kind}.created`, object_type: key.kind, object_id: successor, workspace_id: key.workspace_id, ...(reason !== null && { reason }),
      detail: {
        name: plan.name, service: plan.service, owner_id: plan.owner_id, scopes: plan.scopes, rotation_due_at: plan.rotation_due_at.toISOString(),
        replaces: key.key_id,
      },
    });
    return { successor, shown };
  }

  /** Revokes a key that the transaction has locked and that is not revoked yet. `successor`: the key that took its place, if one did. */
  async retire(
    transaction: Executor, actor: Actor, key: CredentialRecord, { reason, incident_id }: Reasons, successor: string | null, now: Date,
  ): Promise<void> {
    await markRevoked(transaction, key.key_id, {
      revoked_at: now, revoked_by: actor.actor, revoke_reason: reason, ...(successor !== null && { replaced_by: successor }),
    });
    await this.auditTrail.record(transaction, actor, {
      action: `${key.kind}.revoked`, object_type: key.kind, object_id: key.key_id, workspace_id: key.workspace_id, ...(reason !== null && { reason }),
      detail: { name: key.name, ...(successor !== null && { replaced_by: successor }), ...(incident_id && { incident_id }) },
    });
  }
}
