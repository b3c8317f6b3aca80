import type { AlertEvent, Severity } from '@keytrail/contracts';
import { isClosed } from '../event.js';
import { oneLine, outcomeOf, type Channel } from './channel.js';
import { headline, ownerLine } from './words.js';

/** Alertmanager takes an alert that nobody repeats for resolved, unless it says how long it stands. */
const STANDS_MS = 30 * 24 * 60 * 60_000;

/** Alerts of the v2 API. Labels name an alert there, the severity among them: one of another severity takes the place of the former. */
export function alertmanagerAlerts(event: AlertEvent, now: Date): object[] {
  const { incident, what_happened, what_to_do, url, changes } = event.data;
  const labelled = (severity: Severity, endsAt: Date) => ({
    labels: { alertname: event.type === 'test' ? 'KeytrailTest' : 'KeytrailIncident', incident_id: incident.incident_id, workspace: incident.workspace_id, severity },
    annotations: {
      summary: headline(event), state: incident.state, owner: ownerLine(incident), description: what_happened.map(({ at, text }) => `${at} ${oneLine(text)}`).join('\n'),
      what_to_do: what_to_do.map(({ title, call }) => oneLine(call === null ? title : `${title}: ${call}`)).join('\n'),
    },
    startsAt: incident.opened_at, endsAt: endsAt.toISOString(), ...(url !== null && { generatorURL: url }),
  });
  const former = new Set(changes.flatMap(({ was }) => (was === null || was.severity === incident.severity ? [] : [was.severity])));
  const isOver = isClosed(event.data.incident) || event.type === 'test';
  return [...[...former].map((severity) => labelled(severity, now)), labelled(incident.severity, new Date(now.getTime() + (isOver ? 0 : STANDS_MS)))];
}

/** Prometheus Alertmanager, v2 API. */
export const alertmanager: Channel<'alertmanager'> = {
  async send({ event, now }, { url, user }, secrets, { http }) {
    const password = secrets.get('password');
    const authorization = password === undefined ? undefined : user === undefined ? `Bearer ${password}` : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const body = JSON.stringify(alertmanagerAlerts(event, now));
    return outcomeOf(await http.post(`${url.replace(/\/+$/, '')}/api/v2/alerts`, body, authorization === undefined ? {} : { authorization }, now));
  },
};
