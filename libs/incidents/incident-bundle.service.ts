import { Injectable } from '@nestjs/common';
import { canonicalJson, signStatement } from '@keytrail/audit-proof';
import { AuditProofs, AuditTrail, Checkpoints, Signing } from '@keytrail/audit-trail';
import type { IncidentBundle } from '@keytrail/contracts';
import { Clock, type Caller } from '@keytrail/platform';
import { Incidents } from './incidents.service.js';

/** Audit entries a bundle holds at most. */
const MOST_ENTRIES = 2_000;

/** All about one incident in a document that proves itself. */
@Injectable()
export class IncidentBundles {
  constructor(
    private readonly incidents: Incidents, private readonly auditTrail: AuditTrail, private readonly checkpoints: Checkpoints,
    private readonly proofs: AuditProofs, private readonly signing: Signing, private readonly clock: Clock,
  ) {}

  /** One line of canonical JSON: every byte of it is signed or follows from what is. That it was made is recorded first. */
  async make(caller: Caller, incidentId: string): Promise<string> {
    const { incident_id, workspace_id } = await this.incidents.get(caller.scope, incidentId);
    await this.auditTrail.recordRead(caller, { action: 'incident.exported', object_type: 'incident', object_id: incident_id, workspace_id });
    const checkpoint = await this.checkpoints.signOrLatest();
    const incident = await this.incidents.get(caller.scope, incidentId);
    const about = await this.proofs.aboutObjects(
      await this.incidents.objectsOf(incident), { workspace: workspace_id, accountToo: caller.scope.isAll }, checkpoint.body.size, MOST_ENTRIES,
    );
    const body: IncidentBundle['body'] = {
      version: 1, exported_at: this.clock.date().toISOString(), exported_by: caller.actor, incident: withoutUndefined(incident), audit: { checkpoint, ...about },
    };
    const bundle: IncidentBundle = { type: 'incident-bundle', ...await signStatement('incident-bundle', body, await this.signing.key()) };
    return `${canonicalJson(bundle)}\n`;
  }
}

/** As JSON would have it. */
const withoutUndefined = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
