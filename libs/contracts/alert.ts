import { z } from 'zod';
import { IncidentState, IncidentSummary, Severity, SuggestedAction } from './incident.js';
import { identifier, page, pageQuery, remark, timestamp } from './text.js';

export const IncidentChangeKind = z.enum(['opened', 'state', 'severity', 'owner', 'grown']).meta({ id: 'IncidentChangeKind' });
export type IncidentChangeKind = z.infer<typeof IncidentChangeKind>;

export const AlertEventType = z.enum([
  'incident.opened', 'incident.state_changed', 'incident.severity_changed', 'incident.owner_changed', 'incident.grown', 'incident.reminder', 'incident.group', 'test',
]).meta({ id: 'AlertEventType' });
export type AlertEventType = z.infer<typeof AlertEventType>;

export const IncidentChange = z.object({
  change_id: z.number().int().describe('Grows from change to change of one incident'), kind: IncidentChangeKind, at: timestamp,
  was: z.object({ state: IncidentState, severity: Severity, owner_id: z.string().nullable() }).nullable().describe('null: it was opened'),
}).meta({ id: 'IncidentChange' });
export type IncidentChange = z.infer<typeof IncidentChange>;

/** What incidents have in common that are told together. */
export const AlertGroupField = z.enum(['workspace', 'owner', 'rule', 'severity']).meta({ id: 'AlertGroupField' });
export type AlertGroupField = z.infer<typeof AlertGroupField>;

export const GroupedIncident = IncidentSummary.pick({ incident_id: true, workspace_id: true, title: true, severity: true, state: true }).extend({
  owner: z.string().nullable(), type: AlertEventType, change_ids: z.array(z.number().int()), url: z.string().nullable(),
}).meta({ id: 'GroupedIncident' });
export type GroupedIncident = z.infer<typeof GroupedIncident>;

/** What a receiver is told, whichever the channel; the body of a webhook. Less than 20 kB as JSON. */
export const AlertEvent = z.object({
  type: AlertEventType, timestamp,
  data: z.object({
    incident: IncidentSummary.describe('Lists are cut to 20; `key_count` and `address_count` say how many there are'),
    key_count: z.number().int(), address_count: z.number().int(),
    changes: z.array(IncidentChange).describe('What this tells of, in order; the first and the last ones where there are more than 20'),
    what_happened: z.array(z.object({ at: timestamp, text: z.string() })).describe('The latest of the timeline'),
    what_to_do: z.array(SuggestedAction), url: z.string().nullable().describe('The page of the incident'),
    note: z.string().nullable().describe('Of a test, or of what was held back'),
    group: z.object({
      by: z.record(z.string(), z.string()).describe('What they have in common'), incidents: z.array(GroupedIncident).describe('All of them, at most 50, gravest first'),
    }).nullable().describe('Of `incident.group`; `incident` is then the gravest, and `changes` its'),
  }),
}).meta({ id: 'AlertEvent' });
export type AlertEvent = z.infer<typeof AlertEvent>;

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 22:00');
const timeZone = z.string().max(64).refine((zone) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}, { message: 'must be a time zone such as Europe/Paris' });

export const QuietHours = z.strictObject({
  time_zone: timeZone, from: clockTime, to: clockTime.describe('Before or at `from`: of the next day'),
  days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1).max(7).default(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']).describe('On which they begin'),
  except_from: Severity.default('critical').describe('What is so grave, or graver, is told at once'),
}).describe('What would be told in them is told when they end').meta({ id: 'QuietHours' });
export type QuietHours = z.infer<typeof QuietHours>;

const listed = (max: number, what: string) => z.array(identifier(max)).min(1).max(200).nullable().default(null).describe(`${what}; null = all`);
const routeFields = {
  min_severity: Severity.default('low').describe('Incidents at least so grave'), workspaces: listed(64, 'Of these workspaces'), owner_ids: listed(64, 'Of these owners'),
  rule_ids: listed(64, 'With a finding of one of these rules'), quiet_hours: QuietHours.nullable().default(null),
  group_s: z.number().int().min(0).max(3600).default(0).describe('Seconds to wait before an incident is first told, so that what follows at once comes along'),
  renotify_s: z.number().int().min(60).max(7 * 86_400).default(3600).describe('An incident that grows is told again after so many seconds at the earliest'),
  remind_s: z.number().int().min(300).max(7 * 86_400).nullable().default(null).describe('An incident that stays open is told again so many seconds after the last message about it, until somebody takes it up; null = never'),
  remind_times: z.number().int().min(1).max(100).default(10).describe('So many reminders at most, until its state changes'),
  group_by: z.array(AlertGroupField).min(1).max(4).nullable().default(null).describe('Incidents that are alike in all of these are told together: the first at once, those that follow within `group_interval_s` in one message. For webhook, slack and email; null = each by itself'),
  group_interval_s: z.number().int().min(60).max(86_400).default(300).describe('Seconds between two messages about one group'),
};
export const CreateAlertRoute = z.strictObject({ channel_id: identifier(64), ...routeFields }).meta({ id: 'CreateAlertRoute' });
export type CreateAlertRoute = z.infer<typeof CreateAlertRoute>;
export const UpdateAlertRoute = z.strictObject({
  min_severity: Severity.optional(), workspaces: z.array(identifier(64)).min(1).max(200).nullable().optional(), owner_ids: z.array(identifier(64)).min(1).max(200).nullable().optional(),
  rule_ids: z.array(identifier(64)).min(1).max(200).nullable().optional(), quiet_hours: QuietHours.nullable().optional(), group_s: routeFields.group_s.removeDefault().optional(),
  renotify_s: routeFields.renotify_s.removeDefault().optional(), remind_s: routeFields.remind_s.removeDefault().optional(), remind_times: routeFields.remind_times.removeDefault().optional(),
  group_by: routeFields.group_by.removeDefault().optional(), group_interval_s: routeFields.group_interval_s.removeDefault().optional(),
}).refine((patch) => Object.keys(patch).length > 0, { message: 'nothing to change' }).meta({ id: 'UpdateAlertRoute' });
export type UpdateAlertRoute = z.infer<typeof UpdateAlertRoute>;
export const AlertRoute = z.object({
  route_id: z.string(), channel_id: z.string(), workspace_id: z.string().nullable().describe('Of the channel; null: of all'), min_severity: Severity,
  workspaces: z.array(z.string()).nullable(), owner_ids: z.array(z.string()).nullable(), rule_ids: z.array(z.string()).nullable(), quiet_hours: QuietHours.nullable(),
  group_s: z.number().int(), renotify_s: z.number().int(), remind_s: z.number().int().nullable(), remind_times: z.number().int(),
  group_by: z.array(AlertGroupField).nullable(), group_interval_s: z.number().int(), created_at: timestamp, created_by: z.string(),
}).meta({ id: 'AlertRoute' });
export type AlertRoute = z.infer<typeof AlertRoute>;
export const AlertRoutePage = page(AlertRoute).meta({ id: 'AlertRoutePage' });
export type AlertRoutePage = z.infer<typeof AlertRoutePage>;
export const AlertRouteQuery = z.strictObject({ workspace: identifier(64).optional(), channel_id: identifier(64).optional(), ...pageQuery }).meta({ id: 'AlertRouteQuery' });
export type AlertRouteQuery = z.infer<typeof AlertRouteQuery>;

export const CreateSilence = z.strictObject({
  workspace: identifier(64).optional().describe('Absent = every workspace'), incident_id: identifier(64).optional(), key_id: identifier(256).optional(), rule_id: identifier(64).optional(),
  owner_id: identifier(64).optional(), from: timestamp.optional().describe('Absent = now'), to: timestamp.describe('It ends by itself; at most 90 days after `from`'), reason: remark(1000),
}).refine(({ workspace, incident_id, key_id, rule_id, owner_id }) => [workspace, incident_id, key_id, rule_id, owner_id].some((one) => one !== undefined), {
  message: 'name at least one of workspace, incident_id, key_id, rule_id and owner_id',
}).meta({ id: 'CreateSilence' });
export type CreateSilence = z.infer<typeof CreateSilence>;
export const Silence = z.object({
  silence_id: z.string(), workspace_id: z.string().nullable(), incident_id: z.string().nullable(), key_id: z.string().nullable(), rule_id: z.string().nullable(), owner_id: z.string().nullable(),
  from: timestamp, to: timestamp, reason: z.string(), created_by: z.string(), created_at: timestamp, ended_by: z.string().nullable(),
}).describe('Nobody is told of incidents that match all it names').meta({ id: 'Silence' });
export type Silence = z.infer<typeof Silence>;
export const SilencePage = page(Silence).meta({ id: 'SilencePage' });
export type SilencePage = z.infer<typeof SilencePage>;
export const SilenceQuery = z.strictObject({
  workspace: identifier(64).optional(), state: z.enum(['running', 'ended']).optional().describe('Absent: both'), ...pageQuery,
}).meta({ id: 'SilenceQuery' });
export type SilenceQuery = z.infer<typeof SilenceQuery>;
export const EndSilence = z.strictObject({ reason: remark(1000).optional() }).meta({ id: 'EndSilence' });
export type EndSilence = z.infer<typeof EndSilence>;

export const AlertDeliveryState = z.enum(['pending', 'delivered', 'failed', 'silenced']).meta({ id: 'AlertDeliveryState' });
export type AlertDeliveryState = z.infer<typeof AlertDeliveryState>;
export const AlertDelivery = z.object({
  delivery_id: z.string().describe('The same however often it is sent: the `webhook-id` of a webhook'), channel_id: z.string(), incident_id: z.string().nullable(),
  workspace_id: z.string().nullable(), type: AlertEventType, change_ids: z.array(z.number().int()), state: AlertDeliveryState, attempts: z.number().int(),
  send_at: timestamp.describe('Of a pending one: not before'), attempted_at: timestamp.nullable(), status: z.number().int().nullable().describe('Of the last answer over HTTP'),
  failure: z.string().nullable().describe('Why the last attempt failed'), created_at: timestamp, delivered_at: timestamp.nullable(),
  carried_by: z.string().nullable().describe('The delivery that lists it, with which it is sent, where a route groups'),
}).meta({ id: 'AlertDelivery' });
export type AlertDelivery = z.infer<typeof AlertDelivery>;
export const AlertDeliveryPage = page(AlertDelivery).meta({ id: 'AlertDeliveryPage' });
export type AlertDeliveryPage = z.infer<typeof AlertDeliveryPage>;
export const AlertDeliveryQuery = z.strictObject({
  workspace: identifier(64).optional(), channel_id: identifier(64).optional(), incident_id: identifier(64).optional(), state: AlertDeliveryState.optional(), ...pageQuery,
}).meta({ id: 'AlertDeliveryQuery' });
export type AlertDeliveryQuery = z.infer<typeof AlertDeliveryQuery>;
export const AlertDeliveryWithEvent = AlertDelivery.extend({ event: AlertEvent }).meta({ id: 'AlertDeliveryWithEvent' });
export type AlertDeliveryWithEvent = z.infer<typeof AlertDeliveryWithEvent>;
export const RedeliverAlert = z.strictObject({ reason: remark(1000).optional() }).meta({ id: 'RedeliverAlert' });
export type RedeliverAlert = z.infer<typeof RedeliverAlert>;
