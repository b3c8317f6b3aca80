import { Injectable } from '@nestjs/common';
import type { Replacement, RevokeAndReplace } from '@keytrail/contracts';
import { Succession, findById, lockById, presentKey, type CredentialRecord } from '@keytrail/credentials';
import { Incidents } from '@keytrail/incidents';
import { Clock, notFound, type Caller } from '@keytrail/platform';
import { Database, claimIdempotencyKey, keepAnswer, type Executor, type IdempotentCall } from '@keytrail/postgres';

/** Stops a key and gives its owner another, at once. */
@Injectable()
export class Containment {
  constructor(
    private readonly database: Database, private readonly succession: Succession, private readonly incidents: Incidents,
    private readonly clock: Clock,
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
      if (key?.kind !== 'api_key') throw notFound('API key');
      const replayed = call && await claimIdempotencyKey<Replacement>(transaction, call, now);
      if (replayed !== undefined) return { ...replayed, replayed: true };
      const { successor, shown } = await this.succession.replace(transaction, caller, key, request, now);
      if (request.incident_id !== undefined) {
        await this.incidents.recordContainment(transaction, caller, request.incident_id, key.workspace_id ?? '',
          `${key.name} (${keyId}) was revoked and replaced by ${successor}: ${request.reason}`);
      }
      const answer: Replacement = {
        revoked: await this.present(transaction, keyId, now), replacement: await this.present(transaction, successor, now), secret: null,
        incident_id: request.incident_id ?? null, replayed: false,
      };
      if (call !== undefined) await keepAnswer(transaction, call, answer);
      return { ...answer, secret: shown['secret'] ?? null };
    });
  }

  private async present(transaction: Executor, keyId: string, now: Date) {
    const key = await findById(transaction, keyId, null);
    if (key === undefined) throw notFound('API key');
    return presentKey<'api_key'>(key as CredentialRecord & { kind: 'api_key' }, now);
  }
}
