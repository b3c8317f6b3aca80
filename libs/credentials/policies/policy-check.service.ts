import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail, type AuditRecord } from '@keytrail/audit-trail';
import { Clock, newId, systemActor } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { LastUseStore } from '../last-use.store.js';
import { SEEN_WITHIN_DAYS, judgeUnregistered } from './no-owner.js';
import { DAY_MS } from './policy.js';
import { factsOf, nextActiveKeys, registeredAmong, type KeyRange } from './policy-facts.store.js';
import { judgeAll, reconcile, type Changes, type Found, type FoundViolation, type OpenViolation } from './reconcile.js';
import { SeenKeyStore } from './seen-keys.store.js';
import { UNUSED_DAYS } from './unused-key.js';
import { holdViolations, noteCheck, openOfRange, openOfUnregistered, saveChanges } from './violation.store.js';

/** Keys that are looked at in one transaction: enough to be quick, few enough not to keep others waiting. */
const PAGE = 500;

/** Whoever may send request logs may name any number of keys: so many of a workspace are told, those with the lowest ids. */
const MOST_UNREGISTERED = 1_000;

/** Checks keys against the policies, page by page. Each page commits what changed together with its audit entries. */
@Injectable()
export class PolicyChecks {
  private readonly logger = new Logger('policies');

  constructor(
    private readonly database: Database, private readonly lastUse: LastUseStore, private readonly seenKeys: SeenKeyStore,
    private readonly auditTrail: AuditTrail, private readonly clock: Clock,
  ) {}

  /** Checks every key. What is done when it is stopped stays done; the next check does the rest. */
  async checkAll(isStopping: () => boolean = () => false): Promise<void> {
    const now = this.clock.date();
    let after: string | null = '';
    while (after !== null) {
      if (isStopping()) return;
      after = await this.checkPage(after, now);
    }
    for (const { workspace_id } of await this.database.selectFrom('workspaces').select('workspace_id').orderBy('workspace_id').execute()) {
      if (isStopping()) return;
      await this.checkUnregistered(workspace_id, now);
    }
    await noteCheck(this.database, now);
  }

  /** Returns where the next page begins; null = this was the last. */
  private async checkPage(after: string, now: Date): Promise<string | null> {
    const keys = await nextActiveKeys(this.database, after, now, PAGE);
    const upTo = keys.length === PAGE ? keys.at(-1)!.key_id : null;
    // The request logs are asked before the transaction: it must not last as long as they take. A key that is young was used recently enough.
    const old = keys.filter(({ created_at }) => now.getTime() - created_at.getTime() >= UNUSED_DAYS * DAY_MS);
    const inAll = old.some(({ workspace_id }) => workspace_id === null);
    const used = await this.lastUse.of(old.map(({ key_id }) => key_id), inAll ? null : [...new Set(old.map(({ workspace_id }) => workspace_id!))]);
    const asked = new Set(old.map(({ key_id }) => key_id));
    await this.settle((transaction) => this.openAndFound(transaction, { after, upTo }, now, (keyId) => (asked.has(keyId) ? used?.get(keyId) ?? (used && null) : undefined)), now);
    return upTo;
  }

  private async openAndFound(
    transaction: Executor, range: KeyRange, now: Date, lastUsedAt: (keyId: string) => Date | null | undefined,
  ): Promise<{ open: OpenViolation[]; found: Found }> {
    const facts = await factsOf(transaction, range, now);
    return { open: await openOfRange(transaction, range), found: judgeAll(facts.map((key) => ({ ...key, last_used_at: lastUsedAt(key.key_id) })), now) };
  }

  /** Keys of a workspace that its request logs name and the registry does not hold. */
  private async checkUnregistered(workspaceId: string, now: Date): Promise<void> {
    const violations = await this.unregisteredOf(workspaceId, now);
    if (violations === undefined) return;
    await this.settle(async (transaction) => ({
      open: await openOfUnregistered(transaction, workspaceId),
      found: { violations, keys: new Set<string>(), unknown: new Set<string>() },
    }), now);
  }

  /** Undefined when the request logs cannot be asked: what was found before stands. */
  private async unregisteredOf(workspaceId: string, now: Date): Promise<FoundViolation[] | undefined> {
    const since = new Date(now.getTime() - SEEN_WITHIN_DAYS * DAY_MS);
    const found: FoundViolation[] = [];
    let after = '';
    while (found.length < MOST_UNREGISTERED) {
      const seen = await this.seenKeys.after(workspaceId, after, since, PAGE).catch(() => undefined);
      if (seen === undefined) return undefined;
      const registered = seen.length === 0 ? new Set<string>() : await registeredAmong(this.database, seen.map(({ key_id }) => key_id));
      for (const key of seen.filter(({ key_id }) => !registered.has(key_id))) {
        const judgement = judgeUnregistered(key, now);
        if (judgement !== 'kept') found.push({ policy: 'no-owner', key_id: key.key_id, kind: null, workspace_id: workspaceId, owner_id: null, ...judgement });
      }
      if (seen.length < PAGE) return found;
      after = seen.at(-1)!.key_id;
    }
    this.logger.warn(`request logs of ${workspaceId} name more than ${MOST_UNREGISTERED} keys that are not registered; no more of them are told`);
    return found.slice(0, MOST_UNREGISTERED);
  }

  private async settle(look: (transaction: Executor) => Promise<{ open: OpenViolation[]; found: Found }>, now: Date): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      await holdViolations(transaction);
      const { open, found } = await look(transaction);
      const changes = reconcile(open, found);
      const ids = changes.open.map(() => newId('vio'));
      await saveChanges(transaction, changes, ids, now);
      await this.auditTrail.recordAll(transaction, systemActor, recordsOf(changes, ids));
    });
  }
}

const told = ({ policy, severity, key_id, summary }: FoundViolation) => ({ policy, severity, key_id, summary });

/** Of what opened, ended, or became graver or less so. Other changes follow from those of the key or its owner, which have entries of their own. */
function recordsOf({ open, change, end }: Changes, ids: readonly string[]): AuditRecord[] {
  const record = (action: string, id: string, { workspace_id }: FoundViolation, detail: Record<string, unknown>): AuditRecord =>
    ({ action: `policy_violation.${action}`, object_type: 'policy_violation', object_id: id, workspace_id, detail });
  return [
    ...open.map((violation, index) => record('opened', ids[index]!, violation, told(violation))),
    ...change.filter(({ before, after }) => before.severity !== after.severity)
      .map(({ before, after }) => record('changed', before.violation_id, after, { before: { severity: before.severity }, after: told(after) })),
    ...end.map(({ violation, end_reason }) => record('ended', violation.violation_id, violation, { ...told(violation), end_reason })),
  ];
}
