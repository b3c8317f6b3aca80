import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import { Containments } from '@keytrail/containment';
import type { FalsePositiveReason } from '@keytrail/contracts';
import { SecretRecognition, keyState, lockById, type CredentialRecord, type Recognition } from '@keytrail/credentials';
import { LeakIncidents } from '@keytrail/incidents';
import { Clock, Metrics, Secrets, WorkspaceScope, newId, systemActor, type Actor } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { createRedactor } from '@keytrail/request-logs';
import { MOST_PLACES, addPlace, cleanLine, nameOf, type LeakItem, type Place } from './leak-items.js';
import { finishLeak, keepLeak, keepLeakedKey, keepPlaces, outcomesOf, settleLeakedKey } from './leak.store.js';
import { LeakSettings } from './leaks.settings.js';
import { severityOfLeak } from './power.js';

/** A report of leaked secrets, from whoever. */
export interface LeakReport {
  source: string;
  note: string | null;
  /** What came, byte by byte or in a form of its own: the same body of the same reporter is the same report. */
  body: Buffer | string;
  items: readonly LeakItem[];
  /** Where keys may lie that are named without their secret. */
  scope: WorkspaceScope;
}

/** What each item was, by {@link nameOf}; and what came of the keys. */
export interface Taken {
  leak_id: string;
  repeated: boolean;
  recognised: ReadonlyMap<string, Recognition>;
  outcomes: ReadonlyMap<string, { incident_id: string | null; revoked: boolean }>;
}

interface LeakedKeyHit {
  key: CredentialRecord;
  fingerprint: string;
  type: string;
  proven: boolean;
  places: Place[];
}

/**
 * Takes in reports of leaked secrets. What is recorded of a key, its incident, its revocation and the audit entries are one transaction. A
 * report that breaks off is taken up where it was left when it comes again; one that was finished changes nothing when it comes again.
 */
@Injectable()
export class LeakIntake {
  private readonly withoutSecrets: (text: string) => string;

  constructor(
    private readonly database: Database, private readonly recognition: SecretRecognition, private readonly leakIncidents: LeakIncidents,
    private readonly containments: Containments, private readonly auditTrail: AuditTrail, private readonly secrets: Secrets,
    private readonly settings: LeakSettings, private readonly metrics: Metrics, private readonly clock: Clock,
  ) {
    this.withoutSecrets = createRedactor(secrets.keyFor('fingerprint')).redactText;
  }

  async take(reporter: Actor, report: LeakReport): Promise<Taken> {
    const recognised = await this.recogniseAll(report);
    const { leak_id, isNew, finished } = await this.keep(reporter, report, recognised);
    if (!finished) {
      for (const hit of hitsOf(report.items, recognised, this.withoutSecrets)) await this.record(reporter, leak_id, report.source, hit);
      await finishLeak(this.database, leak_id, this.clock.date());
    }
    return { leak_id, repeated: !isNew, recognised, outcomes: await outcomesOf(this.database, leak_id) };
  }

  private async recogniseAll({ items, scope }: LeakReport): Promise<Map<string, Recognition>> {
    const tokens = items.flatMap(({ presented }) => ('token' in presented ? [presented.token] : []));
    const ids = items.flatMap(({ presented }) => ('key_id' in presented ? [presented.key_id] : []));
    const [byToken, byId] = [await this.recognition.recognise(tokens), await this.recognition.named(ids, scope)];
    return new Map(items.map((item): [string, Recognition] => {
      const { presented } = item;
      return [nameOf(item), 'token' in presented ? byToken.get(presented.token)! : byId.get(presented.key_id)!];
    }));
  }

  private async keep(reporter: Actor, report: LeakReport, recognised: ReadonlyMap<string, Recognition>) {
    const note = report.note === null ? null : this.withoutSecrets(report.note);
    const false_positives: Record<FalsePositiveReason, number> = { unknown: 0, mistyped: 0, malformed: 0, not_a_secret: 0 };
    for (const found of recognised.values()) if ('reason' in found) false_positives[found.reason] += 1;
    const kept = await this.database.transaction().execute(async (transaction) => {
      const leak = await keepLeak(transaction, {
        leak_id: newId('leak'), source: report.source, reported_by: reporter.actor, note, reported_at: this.clock.date(), tokens: recognised.size,
        false_positives: JSON.stringify(false_positives), body_digest: this.secrets.digest('leak-report', createHash('sha256').update(report.body).digest('hex')),
      });
      if (leak.isNew) {
        await this.auditTrail.record(transaction, reporter, {
          action: 'leak.reported', object_type: 'leak', object_id: leak.leak_id, workspace_id: null, ...(note !== null && { reason: note }),
          detail: { source: report.source, tokens: recognised.size, false_positives },
        });
      }
      return leak;
    });
    if (kept.isNew) {
      for (const [reason, count] of Object.entries(false_positives)) if (count > 0) this.metrics.leaked.inc({ label: reason }, count);
    }
    return kept;
  }

  /** One key of a report, whole or not at all. */
  private async record(reporter: Actor, leakId: string, source: string, hit: LeakedKeyHit): Promise<void> {
    const now = this.clock.date();
    const isNew = await this.database.transaction().execute(async (transaction) => {
      // Others who report the key, or contain it, wait here.
      const key = await lockById(transaction, hit.key.key_id, null);
      if (key === undefined) return false;
      const state = keyState(key, now);
      const severity = severityOfLeak(key, state);
      const { fingerprint, type, proven, places } = hit;
      if (!await keepLeakedKey(transaction, { leak_id: leakId, key_id: key.key_id, fingerprint, type, state, severity, proven, at: now })) return false;
      const new_places = await keepPlaces(transaction, leakId, key.key_id, places);
      const incident_id = await this.leakIncidents.record(transaction, reporter, { key, state, severity, leak_id: leakId, source, proven, new_places });
      const revokes = proven && state !== 'revoked' && this.settings.revoke.includes(key.kind);
      const containment_id = revokes ? await this.revoke(transaction, reporter, key, incident_id, `leaked: found by ${source}, ${leakId}`, now) : null;
      await settleLeakedKey(transaction, leakId, key.key_id, { incident_id, containment_id });
      await this.auditTrail.record(transaction, reporter, {
        action: `${key.kind}.leaked`, object_type: key.kind, object_id: key.key_id, workspace_id: key.workspace_id,
        detail: { leak_id: leakId, source, incident_id, severity, state, proven, places: places.length, ...(containment_id !== null && { containment_id }) },
      });
      return true;
    });
    if (isNew) this.metrics.leaked.inc({ label: 'true_positive' });
  }

  /** By the setting, not by the reporter: the system does it. An overlap under way ends here; its successor has not leaked. */
  private async revoke(transaction: Executor, { address, request_id }: Actor, key: CredentialRecord, incident_id: string, reason: string, now: Date): Promise<string> {
    const actor = { ...systemActor, address, request_id };
    return this.containments.stop(transaction, actor, key, { reason, incident_id }, now);
  }
}

/** The keys of a report, each once: its secret may stand there in several forms. In one order, whoever reports them. */
function hitsOf(items: readonly LeakItem[], recognised: ReadonlyMap<string, Recognition>, withoutSecrets: (text: string) => string): LeakedKeyHit[] {
  const hits = new Map<string, LeakedKeyHit>();
  for (const item of items) {
    const found = recognised.get(nameOf(item));
    if (found === undefined || !('key' in found)) continue;
    const { key, fingerprint } = found;
    const hit = hits.get(key.key_id) ?? { key, fingerprint, type: cleanLine(item.type, 120, withoutSecrets), proven: false, places: [] };
    hits.set(key.key_id, hit);
    hit.proven ||= 'token' in item.presented;
    if (hit.places.length < MOST_PLACES) addPlace(hit.places, { url: cleanLine(item.place.url, 2_000, withoutSecrets), location: cleanLine(item.place.location, 120, withoutSecrets) });
  }
  return [...hits.values()].sort((a, b) => (a.key.key_id < b.key.key_id ? -1 : 1));
}
