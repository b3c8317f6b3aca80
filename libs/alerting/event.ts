import type { AlertEvent, AlertEventType, IncidentChange, IncidentChangeKind, IncidentSummary } from '@keytrail/contracts';
import type { IncidentBrief } from '@keytrail/incidents';

const MOST_LISTED = 20;
const LONGEST_TEXT = 400;
/** Receivers may refuse more than 20 kB; the rest is for what a channel adds. */
const MOST_BYTES = 16_000;

/** Gravest first: what an event that tells of several changes is called after. */
const kinds: readonly IncidentChangeKind[] = ['opened', 'state', 'severity', 'owner', 'grown'];
const types: Record<IncidentChangeKind, AlertEventType> = {
  opened: 'incident.opened', state: 'incident.state_changed', severity: 'incident.severity_changed', owner: 'incident.owner_changed', grown: 'incident.grown',
};

interface Framing {
  /** Absent: after the gravest of the changes. */
  type?: AlertEventType | undefined;
  note?: string | undefined;
  /** When it is told, where there is no change to tell of. */
  now?: Date;
}

/** What is told of an incident after its latest change. `publicUrl`: where people reach Keytrail. */
export function eventOf(brief: IncidentBrief, changes: readonly IncidentChange[], publicUrl: string | undefined, { type, note, now }: Framing = {}): AlertEvent {
  const { incident } = brief;
  const kind = kinds.find((one) => changes.some((change) => change.kind === one)) ?? 'grown';
  return fitted({
    type: type ?? types[kind], timestamp: changes.at(-1)?.at ?? now?.toISOString() ?? incident.updated_at,
    data: {
      incident: { ...incident, title: cut(incident.title), key_ids: incident.key_ids.slice(0, MOST_LISTED), addresses: incident.addresses.slice(0, MOST_LISTED), rule_ids: incident.rule_ids.slice(0, MOST_LISTED) },
      key_count: incident.key_ids.length, address_count: incident.addresses.length,
      changes: changes.length <= MOST_LISTED ? [...changes] : [...changes.slice(0, MOST_LISTED / 2), ...changes.slice(-MOST_LISTED / 2)],
      what_happened: brief.what_happened.map(({ at, text }) => ({ at, text: cut(text) })), what_to_do: brief.what_to_do,
      url: publicUrl === undefined ? null : `${publicUrl}/incidents/${encodeURIComponent(incident.incident_id)}`, note: note ?? null, group: null,
    },
  });
}

/** One change more that nobody was told yet; of growth after growth the latest stands for all. */
export const withChange = (changes: readonly IncidentChange[], change: IncidentChange): readonly IncidentChange[] =>
  [...change.kind === 'grown' && changes.at(-1)?.kind === 'grown' ? changes.slice(0, -1) : changes, change];

/** Tries a channel: about no incident that there is. */
export const testEvent = (workspace: string, note: string | undefined, now: Date): AlertEvent => ({
  type: 'test', timestamp: now.toISOString(),
  data: {
    incident: {
      incident_id: 'inc_00000000000000000000000000000000', workspace_id: workspace, title: 'Test of an alert channel', severity: 'low', state: 'open', owner: null, key_ids: [],
      addresses: [], rule_ids: [], findings: 0, first_seen: now.toISOString(), last_seen: now.toISOString(), opened_at: now.toISOString(), updated_at: now.toISOString(),
      acknowledged_at: null, contained_at: null, closed_at: null, merged_into: null,
    },
    key_count: 0, address_count: 0, changes: [], what_happened: [{ at: now.toISOString(), text: 'Somebody asked for this test. Nothing has to be done.' }], what_to_do: [], url: null, note: note ?? null, group: null,
  },
});

/** Whether nobody has to do anything about the incident any more. */
export const isClosed = ({ state }: Pick<IncidentSummary, 'state'>): boolean => state === 'resolved' || state === 'false_positive';

/** No longer than this, and no half of a character at its end. */
export function cut(text: string, most = LONGEST_TEXT): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

const bytesOf = (event: AlertEvent) => Buffer.byteLength(JSON.stringify(event));

/** What gives way when an event is too large, the least needed first. */
const shrinkers: readonly ((data: AlertEvent['data']) => Partial<AlertEvent['data']>)[] = [
  (data) => ({ incident: { ...data.incident, addresses: data.incident.addresses.slice(0, 5) } }),
  (data) => ({ what_happened: data.what_happened.slice(-2) }),
  (data) => ({ what_to_do: data.what_to_do.slice(0, 2) }),
  (data) => ({ incident: { ...data.incident, key_ids: data.incident.key_ids.slice(0, 3), rule_ids: data.incident.rule_ids.slice(0, 5) } }),
  (data) => ({ changes: data.changes.slice(-2), what_happened: [] }),
  () => ({ what_to_do: [] }),
  (data) => ({ incident: { ...data.incident, key_ids: [], rule_ids: [], addresses: [] } }),
];

function fitted(event: AlertEvent): AlertEvent {
  let fits = event;
  for (const shrink of shrinkers) {
    if (bytesOf(fits) <= MOST_BYTES) break;
    fits = { ...fits, data: { ...fits.data, ...shrink(fits.data) } };
  }
  return fits;
}
