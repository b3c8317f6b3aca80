import type { AlertEvent, IncidentSummary } from '@keytrail/contracts';
import { oneLine } from './channel.js';

const shouted = { low: 'Low', medium: 'Medium', high: 'High', critical: 'CRITICAL' } as const;
const ended = { resolved: 'Resolved', false_positive: 'False positive', contained: 'Contained', acknowledged: 'Acknowledged' } as const;

/** One line that says how bad it is, or how it stands, and what it is. */
export function headline({ incident }: AlertEvent['data']): string {
  const how = incident.merged_into !== null ? 'Merged' : incident.state === 'open' ? shouted[incident.severity] : ended[incident.state];
  return `[${how}] ${oneLine(incident.title)}`;
}

export const ownerLine = ({ owner }: IncidentSummary): string => (owner === null ? 'nobody known' : oneLine(`${owner.name}${owner.contact === null ? '' : ` (${owner.contact})`}`));

/** A message for people, in plain text. */
export function plainText({ data }: AlertEvent): string {
  const { incident, what_happened, what_to_do, url, note } = data;
  const lines = [
    headline(data), '',
    `Severity    ${incident.severity}`, `State       ${incident.state}`, `Owner       ${ownerLine(incident)}`, `Workspace   ${oneLine(incident.workspace_id)}`,
    ...(incident.key_ids.length === 0 ? [] : [`Keys        ${data.key_count}: ${incident.key_ids.map(oneLine).join(', ')}`]),
    ...(incident.addresses.length === 0 ? [] : [`Addresses   ${data.address_count}: ${incident.addresses.map(oneLine).join(', ')}`]),
    `Seen        ${incident.first_seen} to ${incident.last_seen}, ${incident.findings} ${incident.findings === 1 ? 'finding' : 'findings'}`,
    ...(what_happened.length === 0 ? [] : ['', 'What happened', ...what_happened.map(({ at, text }) => `  ${at}  ${oneLine(text)}`)]),
    ...(what_to_do.length === 0 ? [] : ['', 'What to do', ...what_to_do.flatMap(({ title, why, call }) => [`  - ${oneLine(title)}`, `    ${oneLine(why)}`, ...(call === null ? [] : [`    ${oneLine(call)}`])])]),
    ...(note === null ? [] : ['', oneLine(note)]),
    '', ...(url === null ? [] : [url]), incident.incident_id,
  ];
  return `${lines.join('\n')}\n`;
}
