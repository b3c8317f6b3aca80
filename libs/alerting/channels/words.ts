import type { AlertEvent, IncidentSummary } from '@keytrail/contracts';
import { oneLine } from './channel.js';

const shouted = { low: 'Low', medium: 'Medium', high: 'High', critical: 'CRITICAL' } as const;
const ended = { resolved: 'Resolved', false_positive: 'False positive', contained: 'Contained', acknowledged: 'Acknowledged' } as const;

/** One line that says how bad it is, or how it stands, and what it is. */
export function headline({ type, data: { incident, group } }: Pick<AlertEvent, 'type' | 'data'>): string {
  if (group !== null) return `[${shouted[incident.severity]}] ${group.incidents.length} ${group.incidents.length === 1 ? 'incident' : 'incidents'}${commonLine(group.by)}: ${oneLine(incident.title)}`;
  const how = incident.merged_into !== null ? 'Merged' : incident.state === 'open' ? shouted[incident.severity] : ended[incident.state];
  return `[${how}] ${type === 'incident.reminder' ? 'Still open: ' : ''}${oneLine(incident.title)}`;
}

/** What the incidents of a group have in common, as it goes into a headline. */
const commonLine = (by: Record<string, string>): string => {
  const parts = Object.entries(by).filter(([, value]) => value !== '').map(([field, value]) => `${field} ${oneLine(value)}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
};

/** A line for each incident that is told of together with others. */
export const groupLines = ({ group }: AlertEvent['data']): string[] => (group?.incidents ?? []).map(({ severity, state, title, owner, incident_id, url, type }) =>
  `[${state === 'open' ? shouted[severity] : ended[state]}] ${oneLine(title)}${type === 'incident.reminder' ? ' (still open)' : ''}, ${owner === null ? 'owner unknown' : oneLine(owner)}: ${url ?? incident_id}`);

export const ownerLine = ({ owner }: IncidentSummary): string => (owner === null ? 'nobody known' : oneLine(`${owner.name}${owner.contact === null ? '' : ` (${owner.contact})`}`));

/** A message for people, in plain text. */
export function plainText({ type, data }: AlertEvent): string {
  const { incident, what_happened, what_to_do, url, note } = data;
  const lines = [
    headline({ type, data }), '',
    ...(data.group === null ? [] : [...groupLines(data), '', 'The gravest of them', '']),
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
