import type { IssuedKind, Severity, SuggestedAction } from '@keytrail/contracts';
import { kindRules } from '@keytrail/credentials';

export interface Subject {
  /** Empty when the incident is about a caller. */
  key_id: string;
  /** Name from the registry; empty for keys it does not hold. */
  key_name: string;
  principal: string;
  addresses: readonly string[];
  registered: boolean;
  /** Of a registered key; absent = an API key. */
  kind?: IssuedKind | undefined;
  revoked: boolean;
}

/** One line that names what happened and to what: `Burst of … on payments-production`. */
export function incidentTitle(findingTitle: string, subject: Subject): string {
  if (subject.key_id === '') return subject.addresses[0] === undefined ? findingTitle : `${findingTitle} from ${subject.addresses[0]}`;
  return `${findingTitle}: ${subject.key_name === '' ? subject.key_id : subject.key_name}`;
}

/** The title of an incident that has grown beyond the key it was named after. */
export function titleWithOthers(title: string, titleKeyId: string, keyIds: readonly string[]): string {
  const others = keyIds.filter((keyId) => keyId !== titleKeyId).length;
  if (others === 0) return title;
  return titleKeyId === '' ? `${title}, with ${others} ${others === 1 ? 'key' : 'keys'}` : `${title} and ${others} more ${others === 1 ? 'key' : 'keys'}`;
}

const MOST_NAMED = 3;

/** `a, b, c and 2 more`. */
export function firstOf(values: readonly string[]): string {
  const more = values.length - MOST_NAMED;
  return `${values.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export interface EvidenceSpan {
  workspace_id: string;
  incident_id: string;
  /** Epoch milliseconds. */
  first_seen: number;
  last_seen: number;
  severity: Severity;
}

const MINUTE = 60_000;
const iso = (time: number) => new Date(time).toISOString();

/** What to do, most urgent first, each with the call that does it. */
export function suggestActions(subjects: readonly Subject[], span: EvidenceSpan): SuggestedAction[] {
  const actions: SuggestedAction[] = [];
  for (const subject of subjects) {
    if (subject.key_id === '') continue;
    const name = subject.key_name || subject.key_id;
    if (subject.registered && !subject.revoked) {
      actions.push({
        title: `Revoke ${name} and give its owner a new key`,
        why: 'The old key is refused from the next call on; the new one has the same scopes and owner. This cannot be undone.',
        call: `POST /v1/${kindRules[subject.kind ?? 'api_key'].path}/${subject.key_id}/revoke-and-replace {"reason":"…","incident_id":"${span.incident_id}"}`,
      });
    } else if (!subject.registered) {
      actions.push({
        title: `Disable ${name} where it was issued`,
        why: `This key is not in the registry, so it cannot be revoked from here${subject.principal === '' ? '' : `. The log says it belongs to ${subject.principal}`}.`,
        call: null,
      });
    }
    const query = new URLSearchParams({
      workspace: span.workspace_id, key_id: subject.key_id, from: iso(span.first_seen - 5 * MINUTE), to: iso(span.last_seen + 5 * MINUTE),
    });
    actions.push({
      title: `See what ${name} did`, why: 'Every request of the key around the incident, newest first.', call: `GET /v1/request-logs?${query}`,
    });
  }
  const callers = [...new Set(subjects.flatMap((subject) => subject.addresses))];
  if (callers.length > 0) {
    const query = new URLSearchParams({ workspace: span.workspace_id, address: callers[0] ?? '' });
    actions.push({
      title: callers.length === 1 ? `See what else ${callers[0]} called` : `See what else the ${callers.length} callers did, first ${callers[0]}`,
      why: 'The same caller may hold other keys.', call: `GET /v1/request-logs?${query}`,
    });
  }
  return actions;
}
