import { z } from 'zod';
import { identifier, label, page, pageQuery, remark, text, timestamp } from './text.js';

const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048).refine((value) => {
  if (!URL.canParse(value)) return true;
  const { username, password, hash } = new URL(value);
  return username + password + hash === '';
}, { message: 'must hold no user, password or fragment' });
const host = z.string().min(1).max(253).regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address');
const port = z.number().int().min(1).max(65_535);
/** Goes into a header or a line of a protocol: printable and on one line. */
const token = z.string().min(1).max(4096).regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');
/** One mailbox without a display name, so that nothing in it can become a second header or a second recipient. */
const mailbox = z.email({ error: 'must be an e-mail address' }).max(254).regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');
const webhookSecret = z.string().max(256).regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be `whsec_` and base64 of 24 to 64 bytes');

export const AlertChannelKind = z.enum(['webhook', 'slack', 'pagerduty', 'email', 'alertmanager', 'kafka', 'syslog']).meta({ id: 'AlertChannelKind' });
export type AlertChannelKind = z.infer<typeof AlertChannelKind>;

export const WebhookConfig = z.strictObject({ kind: z.literal('webhook'), url }).meta({ id: 'WebhookConfig' });
export type WebhookConfig = z.infer<typeof WebhookConfig>;
export const SlackConfig = z.strictObject({ kind: z.literal('slack') }).meta({ id: 'SlackConfig' });
export type SlackConfig = z.infer<typeof SlackConfig>;
export const PagerDutyConfig = z.strictObject({
  kind: z.literal('pagerduty'), url: url.optional().describe('Of the Events API v2; absent = that of the US region'),
}).meta({ id: 'PagerDutyConfig' });
export type PagerDutyConfig = z.infer<typeof PagerDutyConfig>;
export const EmailConfig = z.strictObject({
  kind: z.literal('email'), host, port: port.default(587),
  tls: z.enum(['starttls', 'tls', 'none']).default('starttls').describe('`tls`: from the first byte on. `none`: only to addresses that KEYTRAIL_ALERT_ALLOWED_NETWORKS names'),
  user: text(256).optional(), from: mailbox, to: z.array(mailbox).min(1).max(50),
}).meta({ id: 'EmailConfig' });
export type EmailConfig = z.infer<typeof EmailConfig>;
export const AlertmanagerConfig = z.strictObject({
  kind: z.literal('alertmanager'), url: url.describe('Of Alertmanager; /api/v2/alerts is added'), user: text(256).regex(/^[^:]+$/, 'must not hold a colon').optional(),
}).meta({ id: 'AlertmanagerConfig' });
export type AlertmanagerConfig = z.infer<typeof AlertmanagerConfig>;
export const KafkaConfig = z.strictObject({
  kind: z.literal('kafka'), topic: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be a topic name').describe('On the brokers of KEYTRAIL_KAFKA_BROKERS'),
}).meta({ id: 'KafkaConfig' });
export type KafkaConfig = z.infer<typeof KafkaConfig>;
export const SyslogConfig = z.strictObject({
  kind: z.literal('syslog'), host, port: port.default(6514),
  transport: z.enum(['tls', 'tcp', 'udp']).default('tls').describe('`tcp` and `udp`: only to addresses that KEYTRAIL_ALERT_ALLOWED_NETWORKS names'),
  format: z.enum(['cef', 'json']).default('cef').describe('Of the message: ArcSight CEF, or the event as JSON'),
}).meta({ id: 'SyslogConfig' });
export type SyslogConfig = z.infer<typeof SyslogConfig>;

export const AlertChannelConfig = z.discriminatedUnion('kind', [
  WebhookConfig, SlackConfig, PagerDutyConfig, EmailConfig, AlertmanagerConfig, KafkaConfig, SyslogConfig,
]).meta({ id: 'AlertChannelConfig' });
export type AlertChannelConfig = z.infer<typeof AlertChannelConfig>;

/** What a channel keeps to itself. They are encrypted, and never answered. */
const secrets = {
  webhook: z.strictObject({ signing_secret: webhookSecret.optional().describe('Absent: one is made, and answered this once') }),
  slack: z.strictObject({ url: url.describe('The incoming webhook; whoever has it can post') }),
  pagerduty: z.strictObject({ routing_key: token.max(256) }),
  email: z.strictObject({ password: z.string().min(1).max(1024).optional() }),
  alertmanager: z.strictObject({ password: token.optional().describe('With `user`: of basic authentication. Without: a bearer token') }),
  kafka: z.strictObject({}), syslog: z.strictObject({}),
};

type Kinded = { config: { kind: AlertChannelKind }; secrets?: Record<string, unknown> | undefined };
function checkSecrets({ config, secrets: given }: Kinded, context: z.RefinementCtx): void {
  const result = secrets[config.kind].safeParse(given ?? {});
  if (result.success) return;
  for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path: ['secrets', ...path], message: given === undefined ? 'is needed for this kind' : message });
}

const name = label(120);
const anySecrets = z.record(z.string().max(64), z.string().max(4096)).describe('webhook: `signing_secret`; slack: `url`; pagerduty: `routing_key`; email and alertmanager: `password`');

export const CreateAlertChannel = z.strictObject({
  name, workspace: identifier(64).optional().describe('It tells of incidents of this workspace only; absent = of all'), config: AlertChannelConfig, secrets: anySecrets.optional(),
}).superRefine(checkSecrets).meta({ id: 'CreateAlertChannel' });
export type CreateAlertChannel = z.infer<typeof CreateAlertChannel>;

export const UpdateAlertChannel = z.strictObject({
  name: name.optional(), enabled: z.boolean().optional(), config: AlertChannelConfig.optional().describe('Of the same kind; takes the place of the whole'),
  secrets: anySecrets.optional().describe('Those that are named change. A webhook\'s are rotated with rotate-secret'),
}).refine((patch) => Object.keys(patch).length > 0, { message: 'nothing to change' }).meta({ id: 'UpdateAlertChannel' });
export type UpdateAlertChannel = z.infer<typeof UpdateAlertChannel>;

/** The schema of the secrets of a kind. */
export const alertChannelSecrets = secrets;

export const AlertChannel = z.object({
  channel_id: z.string(), name: z.string(), workspace_id: z.string().nullable().describe('null: of all'), config: AlertChannelConfig, enabled: z.boolean(),
  secrets: z.array(z.object({ name: z.string(), expires_at: timestamp.nullable() })).describe('Which it has; none is ever answered'),
  health: z.object({
    state: z.enum(['unknown', 'working', 'failing', 'switched_off']), failing_since: timestamp.nullable(), last_delivered_at: timestamp.nullable(),
    last_failure: z.string().nullable(), incident_id: z.string().nullable().describe('About its failing'), switched_off_because: z.string().nullable(),
  }),
  created_at: timestamp, created_by: z.string(), updated_at: timestamp,
}).meta({ id: 'AlertChannel' });
export type AlertChannel = z.infer<typeof AlertChannel>;
export const CreatedAlertChannel = AlertChannel.extend({ signing_secret: z.string().optional().describe('Of a webhook for which one was made: shown this once') }).meta({ id: 'CreatedAlertChannel' });
export type CreatedAlertChannel = z.infer<typeof CreatedAlertChannel>;
export const AlertChannelPage = page(AlertChannel).meta({ id: 'AlertChannelPage' });
export type AlertChannelPage = z.infer<typeof AlertChannelPage>;
export const AlertChannelQuery = z.strictObject({ workspace: identifier(64).optional(), kind: AlertChannelKind.optional(), ...pageQuery }).meta({ id: 'AlertChannelQuery' });
export type AlertChannelQuery = z.infer<typeof AlertChannelQuery>;

export const RotateSigningSecret = z.strictObject({
  signing_secret: webhookSecret.optional().describe('Absent: one is made, and answered this once'),
  overlap_s: z.number().int().min(0).max(30 * 86_400).default(86_400).describe('Seconds for which messages are signed with the old secret too'),
}).meta({ id: 'RotateSigningSecret' });
export type RotateSigningSecret = z.infer<typeof RotateSigningSecret>;

export const SendTestAlert = z.strictObject({ note: remark(500).optional().describe('Stands in the message') }).meta({ id: 'SendTestAlert' });
export type SendTestAlert = z.infer<typeof SendTestAlert>;
