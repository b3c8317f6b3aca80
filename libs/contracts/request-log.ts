import { z } from 'zod';
import { identifier, page, pageQuery, text, timestamp } from './text.js';

/** `auto`: each line is told by its own marks. */
export const RequestLogFormat = z.enum(['native', 'kong', 'cloudtrail', 'envoy', 'api-gateway', 'ocsf', 'combined', 'auto']).meta({ id: 'RequestLogFormat' });
export type RequestLogFormat = z.infer<typeof RequestLogFormat>;

/** `authorised`: the credential was accepted and the call did not fail. `error`: it failed for another reason. */
export const Outcome = z.enum(['authorised', 'unauthorised', 'forbidden', 'rate_limited', 'error']).meta({ id: 'Outcome' });
export type Outcome = z.infer<typeof Outcome>;

export const CredentialKind = z.enum([
  'workspace_key', 'api_key', 'service_token', 'public_key', 'signing_key', 'role', 'user', 'unknown',
]).meta({ id: 'CredentialKind' });
export type CredentialKind = z.infer<typeof CredentialKind>;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/**
 * The native request-log format: one JSON object a line. Unknown fields are kept as attributes, after those in `attributes`, while there is
 * room for them: 32 in all, names of 64 and values of 512 characters.
 * Times: RFC 3339 with an offset, or epoch milliseconds.
 */
export const RequestLogLine = z.object({
  time: z.union([timestamp, z.number().min(0).max(8.64e15)]).describe('RFC 3339 with an offset, or epoch milliseconds'),
  request_id: identifier(128),
  workspace: identifier(64).optional().describe('Absent: the workspace of the key, of the intake or of the topic'),
  key_id: identifier(256).optional().describe('Id of the credential the gateway recognised'),
  key: z.string().min(1).max(4096).optional()
    .describe('The bearer credential as presented. Replaced by a keyed fingerprint on arrival, never stored'),
  credential_kind: CredentialKind.optional(),
  principal: text(512).optional().describe('Who the gateway says is behind the credential'),
  outcome: Outcome.optional().describe('Absent: derived from the status'),
  refusal_reason: text(128).optional(),
  method: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be an HTTP method or an operation name'),
  route: text(512).optional(),
  path: text(16_384),
  status: z.number().int().min(100).max(599),
  latency_ms: z.number().min(0).max(86_400_000).optional(),
  bytes_in: count.optional(),
  bytes_out: count.optional(),
  address: text(255).optional().describe('Client address, IPv4 or IPv6'),
  user_agent: text(4096).optional(),
  origin: text(512).optional(),
  referer: text(4096).optional(),
  tenant: text(256).optional(),
  environment: text(64).optional(),
  gateway_node: text(256).optional(),
  headers: z.record(z.string().max(256), z.union([z.string(), z.array(z.string())])).optional()
    .describe('Request headers, if the gateway sends them. Credentials in them become fingerprints'),
  attributes: z.record(z.string().max(64), z.union([z.string().max(4096), z.number(), z.boolean()])).optional(),
}).meta({ id: 'RequestLogLine' });
export type RequestLogLine = z.infer<typeof RequestLogLine>;

/** A request as it is stored: one row of `request_logs`. Empty string = not known; numbers that are not known are null. */
export const RequestLog = z.object({
  workspace_id: z.string(), key_id: z.string(), key_fingerprint: z.string(), credential_kind: CredentialKind,
  principal: z.string(), request_id: z.string(), time: timestamp, outcome: Outcome, refusal_reason: z.string(),
  method: z.string(), route: z.string(), path: z.string(), status: z.number().int(),
  latency_ms: z.number().nullable(), bytes_in: z.number().nullable(), bytes_out: z.number().nullable(),
  address: z.string(), country: z.string().describe('ISO 3166-1 alpha-2'), user_agent: z.string(), origin: z.string(),
  referer: z.string(), tenant: z.string(), environment: z.string(), gateway_node: z.string(),
  attributes: z.record(z.string(), z.string()), source: z.string(),
}).meta({ id: 'RequestLog' });
export type RequestLog = z.infer<typeof RequestLog>;

/** How a batch is read. */
export const IntakeQuery = z.strictObject({
  format: RequestLogFormat.default('native'),
  workspace: identifier(64).optional().describe('Workspace of lines that name none'),
}).meta({ id: 'IntakeQuery' });
export type IntakeQuery = z.infer<typeof IntakeQuery>;

/** The same as the query of a call says it; some senders (Kong's http-log) can send headers, but no query. */
export const IntakeParameters = z.strictObject({
  format: RequestLogFormat.optional().describe('Absent: what the header Keytrail-Format says, else native'),
  workspace: identifier(64).optional().describe('Workspace of lines that name none. Absent: what the header Keytrail-Workspace says'),
}).meta({ id: 'IntakeParameters' });
export type IntakeParameters = z.infer<typeof IntakeParameters>;

export const LineError = z.object({
  line: z.number().int().describe('Line of the body, or item of the array; starts at 1'),
  code: z.string(), reason: z.string(),
}).meta({ id: 'LineError' });
export type LineError = z.infer<typeof LineError>;

/** What became of a batch: `received = stored + dead_lettered`. */
export const IntakeResult = z.object({
  received: z.number().int(), stored: z.number().int(), dead_lettered: z.number().int(),
  duplicate: z.boolean().describe('true: this Idempotency-Key was stored before; nothing was stored again'),
  errors: z.array(LineError).describe('At most the first 100'),
}).meta({ id: 'IntakeResult' });
export type IntakeResult = z.infer<typeof IntakeResult>;

/** Fields that requests are filtered by, with the column that holds each. */
export const filterColumns = {
  workspace: 'workspace_id', key_id: 'key_id', key_fingerprint: 'key_fingerprint', credential_kind: 'credential_kind', principal: 'principal', request_id: 'request_id',
  outcome: 'outcome', refusal_reason: 'refusal_reason', method: 'method', route: 'route', path: 'path', status: 'status', address: 'address', country: 'country',
  user_agent: 'user_agent', origin: 'origin', referer: 'referer', tenant: 'tenant', environment: 'environment', gateway_node: 'gateway_node', source: 'source',
} as const;
export type FilterField = keyof typeof filterColumns;

const filterWord = z.string().max(4200).regex(new RegExp(`^(?:${Object.keys(filterColumns).join('|')}):`), 'must be a field, a colon and a value')
  .refine((word) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(word), { message: 'contains a control character' });
const filterWords = z.union([z.array(filterWord).max(100), filterWord.transform((word) => [word])]).optional();

const searched = {
  last_n_minutes: z.coerce.number().int().min(1).max(527_040).optional(),
  from: timestamp.optional().describe('Inclusive'),
  to: timestamp.optional().describe('Exclusive'),
  workspace: identifier(64).optional(),
  key_id: identifier(256).optional(),
  key_fingerprint: identifier(64).optional(),
  request_id: identifier(128).optional(),
  status: z.coerce.number().int().min(100).max(599).optional(),
  outcome: Outcome.optional(),
  address: text(255).optional(),
  route: text(512).optional(),
  include: filterWords.describe('`field:value`, as often as you like: any of the values of a field, all of the fields. An empty value stands for requests without one'),
  exclude: filterWords.describe('`field:value`, as often as you like: none of them'),
};
const oneRange = [(query: { last_n_minutes?: number | undefined; from?: string | undefined; to?: string | undefined }) => !(query.last_n_minutes !== undefined && (query.from !== undefined || query.to !== undefined)), {
  message: 'last_n_minutes goes without from and to', path: ['last_n_minutes'],
}] as const;

export const RequestLogQuery = z.strictObject({ ...searched, ...pageQuery }).refine(oneRange[0], { ...oneRange[1], path: [...oneRange[1].path] }).meta({ id: 'RequestLogQuery' });
export type RequestLogQuery = z.infer<typeof RequestLogQuery>;

export const RequestLogPage = page(RequestLog).meta({ id: 'RequestLogPage' });
export type RequestLogPage = z.infer<typeof RequestLogPage>;

export const RequestCountsQuery = z.strictObject(searched).refine(oneRange[0], { ...oneRange[1], path: [...oneRange[1].path] }).meta({ id: 'RequestCountsQuery' });
export type RequestCountsQuery = z.infer<typeof RequestCountsQuery>;

const outcomeCounts = {
  authorised: z.number().int(), denied: z.number().int().describe('unauthorised + forbidden'), rate_limited: z.number().int(), error: z.number().int(),
};
export const RequestCounts = z.object({
  from: timestamp, to: timestamp, step_s: z.number().int().describe('Seconds'), totals: z.object(outcomeCounts),
  series: z.array(z.object({ time: timestamp.describe('Start of the step'), ...outcomeCounts })),
}).meta({ id: 'RequestCounts' });
export type RequestCounts = z.infer<typeof RequestCounts>;

export const ActivityQuery = z.strictObject({
  last_n_minutes: z.coerce.number().int().min(1).max(527_040).optional(),
  from: timestamp.optional(), to: timestamp.optional(),
  workspace: identifier(64).optional(),
}).refine((query) => !(query.last_n_minutes !== undefined && (query.from !== undefined || query.to !== undefined)), {
  message: 'last_n_minutes goes without from and to', path: ['last_n_minutes'],
}).meta({ id: 'ActivityQuery' });
export type ActivityQuery = z.infer<typeof ActivityQuery>;

export const ActivityPoint = z.object({
  time: timestamp.describe('Start of the step'),
  requests: z.number().int(), errors: z.number().int(), denied: z.number().int().describe('unauthorised + forbidden'),
  rate_limited: z.number().int(), addresses: z.number().int().describe('Distinct client addresses'),
}).meta({ id: 'ActivityPoint' });
export type ActivityPoint = z.infer<typeof ActivityPoint>;

export const Activity = z.object({
  key_id: z.string(), from: timestamp, to: timestamp, step_minutes: z.number().int(),
  totals: ActivityPoint.omit({ time: true }), series: z.array(ActivityPoint),
}).meta({ id: 'Activity' });
export type Activity = z.infer<typeof Activity>;

export const DeadLetter = z.object({
  dead_letter_id: z.string(), workspace_id: z.string(), source: z.string(), position: z.string(), code: z.string(),
  reason: z.string(), sha256: z.string().describe('Of the line as it came'),
  payload: z.string().describe('The line, redacted and cut to 8 KiB'), received_at: timestamp,
  format: RequestLogFormat.nullable().describe('What the line was read as'),
  requests: z.number().int().describe('Requests in the line that could not be stored'),
  whole: z.boolean().describe('Nothing was left out of the payload: it can be replayed without its source'),
  replayed_at: timestamp.nullable(), replayed_by: z.string().nullable(),
}).meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetter>;
export const DeadLetterPage = page(DeadLetter).meta({ id: 'DeadLetterPage' });
const deadLetterFilter = {
  workspace: identifier(64).optional(),
  source: identifier(64).optional().describe('`http` or `kafka`'),
  code: identifier(64).optional(),
  from: timestamp.optional().describe('Received at, inclusive'),
  to: timestamp.optional().describe('Received at, exclusive'),
};
export const DeadLetterQuery = z.strictObject({
  ...deadLetterFilter, state: z.enum(['waiting', 'replayed']).optional().describe('Absent: both'), ...pageQuery,
}).meta({ id: 'DeadLetterQuery' });
export type DeadLetterQuery = z.infer<typeof DeadLetterQuery>;
export type DeadLetterPage = z.infer<typeof DeadLetterPage>;

export const ReplayDeadLetters = z.strictObject({
  dead_letter_ids: z.array(identifier(64)).min(1).max(200).optional(),
  filter: z.strictObject(deadLetterFilter).optional().describe('Those that wait and match, oldest first'),
  limit: z.number().int().min(1).max(200).default(100).describe('With a filter: letters a call takes at most'),
  cursor: z.string().max(512).optional().describe('With a filter: `next_cursor` of the call before'),
  format: RequestLogFormat.optional().describe('Read the lines as this, not as they were read before'),
  workspace: identifier(64).optional().describe('Workspace of lines that name none'),
  dry_run: z.boolean().default(false).describe('Say what would become of them; change nothing'),
}).refine(({ dead_letter_ids, filter }) => (dead_letter_ids === undefined) !== (filter === undefined), {
  message: 'name either dead_letter_ids or a filter', path: ['dead_letter_ids'],
}).meta({ id: 'ReplayDeadLetters' });
export type ReplayDeadLetters = z.infer<typeof ReplayDeadLetters>;

export const ReplayOutcome = z.enum(['replayed', 'would_be_replayed', 'refused', 'unreadable', 'already_replayed', 'in_progress', 'not_found'])
  .meta({ id: 'ReplayOutcome' });
export type ReplayOutcome = z.infer<typeof ReplayOutcome>;

/** What became of letters that were replayed, each by itself. */
export const ReplayResult = z.object({
  dry_run: z.boolean(),
  replayed: z.number().int().describe('Letters that are stored now, or would be'),
  data: z.array(z.object({
    dead_letter_id: z.string(), outcome: ReplayOutcome, rows: z.number().int().describe('Request logs it gave'),
    code: z.string().nullable(), reason: z.string().nullable().describe('Why it stays a dead letter'),
  })),
  next_cursor: z.string().nullable(),
}).meta({ id: 'ReplayResult' });
export type ReplayResult = z.infer<typeof ReplayResult>;

/** Nothing is lost: for each source received = stored + dead_lettered. Partitions say how far each Kafka partition is stored. */
export const IntakeAccounts = z.object({
  sources: z.array(z.object({
    source: z.string(), received: z.number().int(), stored: z.number().int(), dead_lettered: z.number().int(),
  })),
  partitions: z.array(z.object({
    topic: z.string(), partition: z.number().int(), next_offset: z.number().int().nullable(),
    pending: z.boolean().describe('A range is being stored, or was when its collector ended'),
    topic_id: z.string().nullable().describe('What the brokers call the topic whose offsets these are; null when they give no ids (Kafka before 2.8)'),
    generation: z.number().int().describe('How often the topic was made anew since it was first read; 0 = never'),
    generation_since: z.iso.datetime().nullable().describe('When reading the topic as it is now began; null for the first'),
    stopped_reason: z.string().nullable().describe('Why the partition is not read; null while it is'),
  })),
}).meta({ id: 'IntakeAccounts' });
export type IntakeAccounts = z.infer<typeof IntakeAccounts>;
