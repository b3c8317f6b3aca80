import type { FindingDraft, Rule } from '../types.js';
import { plural } from './activity.js';

/** A leaked key that is still good. Times are epoch milliseconds. */
export interface UncontainedLeak { workspace_id: string; key_id: string; name: string; owner_name: string; leaked_at: number }

export interface LeakNotContainedInput { workspace_id: string; key_id: string; leak: UncontainedLeak; now: number }
export interface LeakNotContainedSettings { max_minutes: number }

const MINUTE = 60_000;

export const leakNotContained: Rule<LeakNotContainedInput, LeakNotContainedSettings> = {
  id: 'leak-not-contained',
  title: 'A leaked key is still good',
  severity: 'high',
  fires: '30 minutes after a report of its leak a key is neither revoked nor expired nor being revoked at its key platform',
  why: 'Leaked secrets are found and tried within minutes.',
  response: 'Revoke and replace it now. If its callers cannot move so fast, keep the overlap short.',
  false_positives: 'A key whose owner has decided to wait: suppress the finding for as long.',
  attack: 'T1552.001 Unsecured Credentials: Credentials In Files',
  fields: ['reports of leaked secrets', 'registry: revoked_at, expires_at'],
  incident: 'opens',
  lasting: true,
  settings: { max_minutes: 30 },
  decide({ leak, now }, settings): FindingDraft[] {
    const due = leak.leaked_at + settings.max_minutes * MINUTE;
    if (now < due) return [];
    return [{
      rule_id: leakNotContained.id, severity: leakNotContained.severity, title: leakNotContained.title, workspace_id: leak.workspace_id, key_id: leak.key_id,
      principal: leak.owner_name, addresses: [], first_seen: leak.leaked_at, last_seen: due,
      summary: `${leak.name} was still good ${plural(settings.max_minutes, 'minute')} after its leak was reported at ${new Date(leak.leaked_at).toISOString()}`,
      evidence: { request_ids: [], counts: {}, window_minutes: Math.max(1, Math.round(settings.max_minutes)) }, episode: `${leak.key_id}:${leak.leaked_at}`,
    }];
  },
};
