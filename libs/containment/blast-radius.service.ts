import { Injectable } from '@nestjs/common';
import type { BlastRadius, IssuedKind } from '@keytrail/contracts';
import { findById, keyState, kindRules } from '@keytrail/credentials';
import { Clock, notFound, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { BlastRadiusStore, isWhole } from './blast-radius.store.js';
import { isoOf, isoOrNull } from './caller-evidence.js';
import { otherKeysOf, ownerFacts } from './containment.store.js';
import { runtimeOf } from './runtime.js';
import { undo } from './undo.js';

const MONTH_MS = 30 * 86_400_000;

/** Tells what a revocation would break, before anyone revokes. */
@Injectable()
export class BlastRadiusService {
  constructor(private readonly database: Database, private readonly store: BlastRadiusStore, private readonly clock: Clock) {}

  async of(scope: WorkspaceScope, kind: IssuedKind, keyId: string): Promise<BlastRadius> {
    const key = await findById(this.database, keyId, scope.ids);
    if (key?.kind !== kind) throw notFound(kindRules[kind].noun);
    const now = this.clock.now();
    const from = now - MONTH_MS;
    const workspaces = key.workspace_id === null ? null : [key.workspace_id];
    const others = new Map((await otherKeysOf(this.database, key.owner_id, keyId, scope.ids)).map((other) => [other.key_id, other]));
    // One after the other: the embedded engine answers one question at a time.
    const callers = await this.store.callers(keyId, workspaces, from);
    const volume = await this.store.volume(keyId, workspaces, now);
    const names = await this.store.names(keyId, workspaces, from);
    const shared = await this.store.sharedWith(keyId, [...others.keys()], scope.ids);
    const owner = await ownerFacts(this.database, key.owner_id);
    return {
      key_id: keyId, state: keyState(key, new Date(now)), volume, callers_total: callers[0]?.total ?? 0,
      last_seen: isoOrNull(callers.reduce<number | null>((last, { last_seen }) => Math.max(last ?? last_seen, last_seen), null)),
      callers: callers.map(({ total, first_seen, last_seen, ...caller }) =>
        ({ ...caller, runtime: runtimeOf(caller.user_agent), first_seen: isoOf(first_seen), last_seen: isoOf(last_seen) })),
      routes: names.routes.map(({ method, name, requests, last_seen }) => ({ method, route: name, requests, last_seen: isoOf(last_seen) })),
      tenants: names.tenants.map(({ name, requests, last_seen }) => ({ tenant: name, requests, last_seen: isoOf(last_seen) })),
      sample: { requests: names.requests, from: isoOrNull(names.from), complete: isWhole(names.requests) },
      shared_with: shared.map(({ key_id, shared_callers, last_seen }) => ({ ...others.get(key_id)!, shared_callers, last_seen: isoOf(last_seen) })),
      owner: { owner_id: owner.owner_id, name: owner.name, status: owner.status, can_receive_sealed: owner.status === 'active' && owner.public_key !== null && kindRules[kind].once.length > 0 },
      undo,
    };
  }
}
