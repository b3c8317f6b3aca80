import { severityRank, type IncidentSummary } from '@keytrail/contracts';
import type { KeyLife } from './succession.js';

// The token stands as a shell variable everywhere: what the demo prints may end up in a recording.
const bearer = '-H "Authorization: Bearer $KEYTRAIL_TOKEN"';
const json = "-H 'Content-Type: application/json'";

/** The call that contains the incident. */
export function replaceCurl(baseUrl: string, keyId: string, incidentId: string): string {
  const body = JSON.stringify({ reason: 'Demo: taken over by a stranger', incident_id: incidentId });
  return `curl -sS -X POST ${baseUrl}/v1/api-keys/${keyId}/revoke-and-replace ${bearer} ${json} -H 'Idempotency-Key: demo-${incidentId}' -d '${body}'`;
}

/** The call that asks whether a key is good; the key comes from the variable `NEW_KEY`. */
export function introspectCurl(baseUrl: string): string {
  return `curl -sS -X POST ${baseUrl}/v1/introspect ${bearer} ${json} -d "{\\"token\\":\\"$NEW_KEY\\"}"`;
}

export function incidentText(incident: IncidentSummary, attackStartedAt: number, now: number, baseUrl: string, keyId: string): string[] {
  const seconds = ((now - attackStartedAt) / 1000).toFixed(1);
  const owner = incident.owner ? `${incident.owner.name}${incident.owner.contact ? ` (${incident.owner.contact})` : ''}` : 'not known';
  return [
    `Incident ${incident.incident_id} stands ${seconds} s after the attack's first request: ${incident.title}`,
    `  severity ${incident.severity}, owner ${owner}, ${incident.findings} finding${incident.findings === 1 ? '' : 's'} (${incident.rule_ids.join(', ')})`,
    `Its evidence and timeline:`,
    `  curl -sS ${baseUrl}/v1/incidents/${incident.incident_id} ${bearer}`,
    `Revoke and replace the key in one call:`,
    `  ${replaceCurl(baseUrl, keyId, incident.incident_id)}`,
    `Then ask about the new key (NEW_KEY=<the secret of the answer>):`,
    `  ${introspectCurl(baseUrl)}`,
  ];
}

/** What became of an incident that was told of before: null when there is nothing to tell. */
export function developmentText(before: IncidentSummary, now: IncidentSummary, attackStartedAt: number, at: number): string | null {
  const rose = severityRank[now.severity] > severityRank[before.severity];
  const contained = now.state === 'contained' && before.state !== 'contained';
  if (!rose && !contained) return null;
  const seconds = ((at - attackStartedAt) / 1000).toFixed(1);
  const news = [...(rose ? [`has severity ${now.severity} now, it was ${before.severity}`] : []), ...(contained ? ['is contained'] : [])];
  return `Incident ${now.incident_id} ${news.join(' and ')} (${seconds} s after the attack's first request): ${now.title}`;
}

export function revocationText(name: string, life: KeyLife): string[] {
  if (life.revokedAt === null) return [];
  const at = new Date(life.revokedAt).toISOString();
  return [
    `${name} (${life.keyId}) was revoked at ${at}: whoever calls with it is refused now (401, revoked).`,
    life.successor === null
      ? 'It has no successor; its owner stays locked out until there is one.'
      : `Its successor is ${life.successor.keyId}; the rightful callers move over within two minutes.`,
  ];
}
