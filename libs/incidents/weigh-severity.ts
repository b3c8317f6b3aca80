import type { IssuedKind, Severity } from '@keytrail/contracts';
import { kindRules } from '@keytrail/credentials';
import { LEAKED_KEY } from './leak-narrative.js';

const graver: Record<Severity, Severity> = { low: 'low', medium: 'high', high: 'critical', critical: 'critical' };
const milder: Record<Severity, Severity> = { low: 'low', medium: 'low', high: 'medium', critical: 'high' };

/**
 * How bad a finding is for its incident: by itself, and by what its key can do. A key that is good in every workspace makes it one step graver,
 * unless it is low; a public key, which everybody may hold, one step milder. A leak's severity has weighed that already.
 */
export function weighSeverity({ rule_id, severity }: { rule_id: string; severity: Severity }, kind: IssuedKind | undefined): Severity {
  if (kind === undefined || rule_id === LEAKED_KEY) return severity;
  if (kindRules[kind].reach === 'account') return graver[severity];
  return kind === 'public_key' ? milder[severity] : severity;
}

/** Why an incident is as grave as it is, in one sentence. */
export function severityBecause(severity: Severity, gravest: { rule_id: string; title: string; severity: Severity } | undefined, kind: IssuedKind | undefined): string {
  if (gravest === undefined) return `${severity}, by findings that it no longer has`;
  const told = `its gravest finding, ${gravest.title}, is ${gravest.severity}`;
  const weighed = weighSeverity(gravest, kind);
  if (weighed === gravest.severity || kind === undefined) return told;
  return `${told}, and one step ${kind === 'public_key' ? 'milder since a public key is nobody\'s secret' : 'graver since the key is good in every workspace'}`;
}
