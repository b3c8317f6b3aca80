import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { Reader } from 'maxmind';
import { z } from 'zod';
import { AbsentOwners, OwnerFeedFormat, RequestLogFormat, issuedKinds, type IssuedKind } from '@keytrail/contracts';
import { parseKeysByVersion, type KeysByVersion } from './key-ring.js';
import { checkOidc } from './oidc-fields.js';
import { printableSecret, readableAs, secretFile } from './setting-checks.js';
import type { AddedKeys } from './secrets.js';

const list = (what: string) => z.string().transform((value) => value.split(',').map((part) => part.trim()).filter((part) => part !== ''))
  .refine((parts) => parts.length > 0, { message: `must name at least one ${what}` });

const httpUrl = z.url({ protocol: /^https?$/, message: 'must be an http or https URL' });

/** An address, or a network as address/prefix. A prefix of 0 would believe everyone. */
function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  const bits = ipaddr.IPv4.isValidFourPartDecimal(address) ? 32 : ipaddr.IPv6.isValid(address) && !address.includes('%') ? 128 : 0;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : 0;
  return bits > 0 && rest.length === 0 && length >= 1 && length <= bits;
}

/** Where a process listens, and whom it believes about where a call comes from. */
export const httpFields = {
  KEYTRAIL_HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  KEYTRAIL_PORT: z.coerce.number().int().min(0).max(65_535).default(8080).describe('Port to listen on'),
  KEYTRAIL_TRUSTED_PROXIES: list('proxy').refine((proxies) => proxies.every(isNetwork), { message: 'must be addresses or networks (10.0.0.0/8), separated by commas' })
    .default([]).describe('Proxies whose X-Forwarded-For names the client, as addresses or networks; absent = none'),
};

/** The two stores as servers. */
export const storeFields = {
  KEYTRAIL_CLICKHOUSE_URL: httpUrl.describe('ClickHouse over HTTP, such as http://user:password@host:8123/database'),
  KEYTRAIL_POSTGRES_URL: z.url({ protocol: /^postgres(ql)?$/, message: 'must be a postgres URL' })
    .describe('Postgres, such as postgres://user:password@host:5432/database'),
};

/** Servers come up in any order: how long a process that starts waits for its stores. */
export const startFields = {
  KEYTRAIL_START_WITHIN_S: z.coerce.number().int().min(0).max(3_600).default(60)
    .describe('Seconds a process that starts waits for stores that do not answer; 0 = it does not wait'),
};

/** Scheduled work of whoever runs it. */
export const ruleFields = {
  KEYTRAIL_RULES_DIR: z.string().min(1).optional().describe('Folder of detection rules of your own (Sigma, .yml), read at the start'),
  KEYTRAIL_DETECTION_KEYS: z.coerce.number().int().min(1_000).max(5_000_000).default(150_000).describe('Keys whose baselines detection keeps in memory, some 6 kB each; the others are read when they call'),
  KEYTRAIL_FORGET_KEYS_AFTER_DAYS: z.coerce.number().int().min(120).max(3_650).default(400).describe('Days without a call after which detection forgets what a key usually does'),
};
export const policyFields = {
  KEYTRAIL_POLICY_CHECK_EVERY_S: z.coerce.number().int().min(10).max(86_400).default(300).describe('Seconds between two checks of all keys against the policies'),
};

/** The key that all digests and fingerprints derive from. Every process of one installation needs the same. */
export const masterKeyField = z.base64().refine((value) => Buffer.from(value, 'base64').length >= 32, { message: 'must be base64 of at least 32 bytes' })
  .describe('Master key: base64 of at least 32 random bytes (openssl rand -base64 32)');

export const secretFields = { KEYTRAIL_MASTER_KEY: masterKeyField };

const keysByVersion = z.string().transform((text, context): KeysByVersion => {
  const keys = parseKeysByVersion(text);
  if (keys !== undefined) return keys;
  context.addIssue({ code: 'custom', message: 'must be version:key, separated by commas; versions from 1, each once, keys base64 of at least 32 bytes' });
  return z.NEVER;
});

/** The same from a file, which others may not read. */
const keysByVersionFile = z.string().min(1).superRefine(readableAs('a list of version:key, one on each line', (content) => parseKeysByVersion(content.toString('utf8')) !== undefined))
  .transform((file): KeysByVersion => parseKeysByVersion(readFileSync(file, 'utf8')) ?? new Map());

/** Keys beside the master key, for processes that issue and verify keys. What they replaced must stay until nothing is under it. */
export const addedKeyFields = {
  KEYTRAIL_PEPPERS: keysByVersion.optional().describe('Peppers of key digests, version:base64, separated by commas; new keys use the highest'),
  KEYTRAIL_PEPPERS_FILE: keysByVersionFile.optional().describe('The same from a file, one on each line'),
  KEYTRAIL_WRAPPING_KEYS: keysByVersion.optional().describe('Keys that encrypt workspace secrets, version:base64, separated by commas; the highest is used'),
  KEYTRAIL_WRAPPING_KEYS_FILE: keysByVersionFile.optional().describe('The same from a file, one on each line'),
  KEYTRAIL_CHECKPOINT_KEYS: keysByVersion.optional().describe('Keys that sign the checkpoints of the audit trail, version:base64, separated by commas; the highest signs'),
  KEYTRAIL_CHECKPOINT_KEYS_FILE: keysByVersionFile.optional().describe('The same from a file, one on each line'),
};

/** What those settings come to. */
export const addedKeysOf = (settings: z.infer<z.ZodObject<typeof addedKeyFields>>): AddedKeys => ({
  peppers: settings.KEYTRAIL_PEPPERS ?? settings.KEYTRAIL_PEPPERS_FILE,
  wrappingKeys: settings.KEYTRAIL_WRAPPING_KEYS ?? settings.KEYTRAIL_WRAPPING_KEYS_FILE,
  checkpointKeys: settings.KEYTRAIL_CHECKPOINT_KEYS ?? settings.KEYTRAIL_CHECKPOINT_KEYS_FILE,
});

export const adminFields = {
  KEYTRAIL_ADMIN_TOKEN: z.string().min(16, 'must have at least 16 characters').regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces').optional()
    .describe('The administrator\'s token; absent = one is made at the first start and shown once'),
};

const TOPIC = /^([A-Za-z0-9._-]{1,249})(?:=([a-z]+(?:-[a-z]+)*))?(?:@([A-Za-z0-9_-]{1,64}))?$/;

function checkTopics(topics: readonly string[], context: z.RefinementCtx<string[]>): void {
  if (!topics.every((topic) => TOPIC.test(topic))) {
    context.addIssue({ code: 'custom', message: 'must be topic[=format][@workspace], separated by commas' });
    return;
  }
  for (const { topic, format } of topics.map(parseTopic)) {
    if (RequestLogFormat.safeParse(format).success) continue;
    context.addIssue({ code: 'custom', message: `${topic} has a format that is not one of ${RequestLogFormat.options.join(', ')}` });
  }
}

export const kafkaFields = {
  KEYTRAIL_KAFKA_BROKERS: list('broker').describe('Kafka brokers, host:port, separated by commas'),
  KEYTRAIL_KAFKA_TOPICS: list('topic').superRefine(checkTopics)
    .default(['keytrail.request-logs']).describe('Topics to read, each topic[=format][@workspace]; format defaults to native'),
  KEYTRAIL_KAFKA_GROUP: z.string().min(1).max(200).default('keytrail-collector').describe('Consumer group'),
  KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(300_000).default(30_000)
    .describe('Milliseconds after which the broker gives the partitions of a silent collector to another'),
  KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be a topic name').default('keytrail.dead-letters')
    .describe('Topic for messages that cannot be stored'),
  KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be a topic name').default('keytrail.key-events')
    .describe('Topic that tells what becomes of keys'),
};

/** Parts of one entry of KEYTRAIL_KAFKA_TOPICS. */
export function parseTopic(entry: string): { topic: string; format: string; workspace: string | undefined } {
  const [, topic = entry, format = 'native', workspace] = TOPIC.exec(entry) ?? [];
  return { topic, format, workspace };
}

const KeySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) });

function isKeySet(content: Buffer): boolean {
  try {
    return KeySet.safeParse(JSON.parse(content.toString('utf8'))).success;
  } catch {
    return false;
  }
}

function isMaxMindDatabase(content: Buffer): boolean {
  try {
    return new Reader(content).metadata.databaseType !== '';
  } catch {
    return false;
  }
}

export const jwtFields = {
  KEYTRAIL_JWT_ISSUER: z.string().min(1).optional().describe('Accept JSON Web Tokens of this issuer'),
  KEYTRAIL_JWT_AUDIENCE: z.string().min(1).default('keytrail').describe('Audience such tokens must name'),
  KEYTRAIL_JWKS_URL: httpUrl.optional().describe('The issuer\'s key set'),
  KEYTRAIL_JWKS_FILE: z.string().min(1).superRefine(readableAs('a JSON Web Key Set', isKeySet)).optional().describe('The same from a file'),
};

export const geoFields = {
  KEYTRAIL_GEOIP_FILE: z.string().min(1).superRefine(readableAs('a MaxMind database', isMaxMindDatabase)).optional().describe('MaxMind database for countries; absent = the one that comes with Keytrail'),
};

/** Whom alerts may reach, and what their links lead to. */
export const alertFields = {
  KEYTRAIL_PUBLIC_URL: httpUrl.refine((value) => !URL.canParse(value) || new URL(value).search + new URL(value).hash === '', { message: 'must hold no query or fragment' })
    .transform((value) => value.replace(/\/+$/, '')).optional().describe('Where people reach Keytrail in a browser: links in alerts begin with it; absent = alerts have no links'),
  KEYTRAIL_ALERT_ALLOWED_NETWORKS: list('network').refine((networks) => networks.every(isNetwork), { message: 'must be addresses or networks (10.0.0.0/8), separated by commas' })
    .default([]).describe('Private addresses and networks that alerts may reach, also without encryption; absent = the internet only'),
  KEYTRAIL_ALERT_TIMEOUT_MS: z.coerce.number().int().min(50).max(60_000).default(10_000).describe('Milliseconds a receiver of alerts may take to answer'),
  KEYTRAIL_ALERT_FAILING_AFTER_S: z.coerce.number().int().min(10).max(86_400).default(900).describe('Seconds for which nothing gets through a channel until that is an incident itself'),
};

const isLoopback = ({ hostname }: URL) => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
const REVOKE_NONE = 'none';

/** What is done about leaked keys. */
export const leakFields = {
  KEYTRAIL_GITHUB_KEYS_URL: httpUrl.refine((url) => URL.canParse(url) && (new URL(url).protocol === 'https:' || isLoopback(new URL(url))), { message: 'must be https: whoever can change this list can report as GitHub' })
    .optional().describe('The public keys that GitHub signs its reports of leaked secrets with; absent = its reports are not taken'),
  KEYTRAIL_REVOKE_LEAKED: list('kind').transform((kinds, context): readonly IssuedKind[] => {
    if (kinds.length === 1 && kinds[0] === REVOKE_NONE) return [];
    if (kinds.length === 1 && kinds[0] === 'all') return issuedKinds;
    if (kinds.every((kind): kind is IssuedKind => (issuedKinds as readonly string[]).includes(kind))) return kinds;
    context.addIssue({ code: 'custom', message: `must be none, all, or some of ${issuedKinds.join(', ')}` });
    return z.NEVER;
  }).prefault(REVOKE_NONE).describe('Kinds of keys that are revoked by themselves when their secret is reported as leaked, separated by commas; all, or none'),
};

const PLACE = /^(?:([A-Za-z0-9_.-]{1,64})=)?([^\s=]{1,64})$/;

/** Where keys of the key platform belong here: `environment=workspace` for each that is told apart, and one workspace for all others. */
const placesOfKeys = list('workspace').transform((entries, context) => {
  const places = entries.map((entry) => PLACE.exec(entry));
  const others = places.filter((place) => place?.[1] === undefined).map((place) => place?.[2]);
  const [rest] = others;
  if (others.length === 1 && rest !== undefined && places.every((place) => place !== null)) {
    return { byEnvironment: new Map(places.flatMap((place) => (place?.[1] === undefined ? [] : [[place[1], place[2] ?? rest] as const]))), rest };
  }
  context.addIssue({ code: 'custom', message: 'must be environment=workspace, separated by commas, and one workspace alone for all other keys' });
  return z.NEVER;
});

/** A platform that keeps API keys of its own. Only processes that change keys talk to it. */
export const keyPlatformFields = {
  KEYTRAIL_KEY_PLATFORM_URL: httpUrl.refine((value) => {
    if (!URL.canParse(value)) return true;
    const { username, password, search, hash } = new URL(value);
    return username + password + search + hash === '';
  }, { message: 'must hold no user, password, query or fragment' }).optional().describe('Key platform whose keys are watched over; /v1/api-keys is put behind it'),
  KEYTRAIL_KEY_PLATFORM_TOKEN: printableSecret.optional().describe('Bearer token for it'),
  KEYTRAIL_KEY_PLATFORM_TOKEN_FILE: secretFile('a token').optional().describe('The same from a file'),
  KEYTRAIL_KEY_PLATFORM_WORKSPACES: placesOfKeys.default({ byEnvironment: new Map(), rest: 'default' })
    .describe('Workspaces of its keys: environment=workspace, separated by commas, and one for all others'),
  KEYTRAIL_KEY_PLATFORM_OWNER: z.string().regex(/^own_[0-9a-f]{32}$/, 'must be the id of an owner').optional()
    .describe('Owner of its keys that name none; absent = one is made'),
  KEYTRAIL_KEY_PLATFORM_SYNC_S: z.coerce.number().int().min(5).max(86_400).default(60).describe('Seconds between two readings of its keys'),
  KEYTRAIL_KEY_PLATFORM_TIMEOUT_MS: z.coerce.number().int().min(50).max(120_000).default(10_000).describe('Milliseconds that one call of it may take'),
  KEYTRAIL_KEY_PLATFORM_SETTLE_MS: z.coerce.number().int().min(0).max(3_600_000).default(60_000)
    .describe('Milliseconds that the platform may go on with a call whose answer was lost. Until then no successor is asked for again'),
};

/** What those settings come to; undefined where no platform is named. */
export const keyPlatformOf = (settings: z.infer<z.ZodObject<typeof keyPlatformFields>>) => (settings.KEYTRAIL_KEY_PLATFORM_URL === undefined ? undefined : {
  url: settings.KEYTRAIL_KEY_PLATFORM_URL, token: settings.KEYTRAIL_KEY_PLATFORM_TOKEN ?? settings.KEYTRAIL_KEY_PLATFORM_TOKEN_FILE ?? '',
  workspaces: settings.KEYTRAIL_KEY_PLATFORM_WORKSPACES, ownerId: settings.KEYTRAIL_KEY_PLATFORM_OWNER, syncMs: settings.KEYTRAIL_KEY_PLATFORM_SYNC_S * 1_000,
  timeoutMs: settings.KEYTRAIL_KEY_PLATFORM_TIMEOUT_MS, settleMs: settings.KEYTRAIL_KEY_PLATFORM_SETTLE_MS,
});
export type KeyPlatformSettings = NonNullable<ReturnType<typeof keyPlatformOf>>;

/** A file that tells of owners. Read by processes that change keys. */
export const ownerFields = {
  KEYTRAIL_OWNERS_FILE: z.string().min(1).superRefine(readableAs('a file of owners', (content) => content.length > 0)).optional()
    .describe('File that tells of owners, read when it changes; absent = none'),
  KEYTRAIL_OWNERS_FORMAT: OwnerFeedFormat.optional().describe('What it is: csv, codeowners or scim; absent = by its name, .csv, .json, or any other'),
  KEYTRAIL_OWNERS_ABSENT: AbsentOwners.default('keep').describe('What becomes of owners that it told of before and does not any more: keep, or left'),
};

/** What those settings come to; undefined where no file is named. */
export const ownerFileOf = (settings: z.infer<z.ZodObject<typeof ownerFields>>) => {
  const { KEYTRAIL_OWNERS_FILE: path, KEYTRAIL_OWNERS_FORMAT, KEYTRAIL_OWNERS_ABSENT: absent } = settings;
  if (path === undefined) return undefined;
  const format = KEYTRAIL_OWNERS_FORMAT ?? (/\.csv$/i.test(path) ? 'csv' : /\.json$/i.test(path) ? 'scim' : 'codeowners');
  return { path, format, absent };
};
export type OwnerFileSettings = NonNullable<ReturnType<typeof ownerFileOf>>;

/** All that an app can be told, as one schema: its fields, and what they must be to each other, reported together. */
export const settingsSchema = <T extends z.ZodRawShape>(fields: T) => z.object(fields).superRefine(checkJwtSettings, { when: () => true })
  .superRefine(checkAddedKeys, { when: () => true }).superRefine(checkKeyPlatform, { when: () => true }).superRefine(checkOidc, { when: () => true });

function checkJwtSettings(settings: unknown, context: z.RefinementCtx<unknown>): void {
  if (typeof settings !== 'object' || settings === null) return;
  const { KEYTRAIL_JWT_ISSUER: issuer, KEYTRAIL_JWKS_URL: url, KEYTRAIL_JWKS_FILE: file } = settings as Record<string, unknown>;
  const named = [url, file].filter((keys) => keys !== undefined).length;
  if (issuer !== undefined && named !== 1) {
    context.addIssue({ code: 'custom', path: ['KEYTRAIL_JWT_ISSUER'], message: 'needs the issuer\'s keys; set one of KEYTRAIL_JWKS_URL and KEYTRAIL_JWKS_FILE' });
  }
  if (issuer === undefined && named > 0) {
    context.addIssue({ code: 'custom', path: [url === undefined ? 'KEYTRAIL_JWKS_FILE' : 'KEYTRAIL_JWKS_URL'], message: 'needs KEYTRAIL_JWT_ISSUER, the issuer whose keys these are' });
  }
}

function checkAddedKeys(settings: unknown, context: z.RefinementCtx<unknown>): void {
  if (typeof settings !== 'object' || settings === null) return;
  for (const name of ['KEYTRAIL_PEPPERS', 'KEYTRAIL_WRAPPING_KEYS', 'KEYTRAIL_CHECKPOINT_KEYS']) {
    const { [name]: keys, [`${name}_FILE`]: file } = settings as Record<string, unknown>;
    if (keys !== undefined && file !== undefined) context.addIssue({ code: 'custom', path: [name], message: `set this or ${name}_FILE, not both` });
  }
}

function checkKeyPlatform(settings: unknown, context: z.RefinementCtx<unknown>): void {
  if (typeof settings !== 'object' || settings === null) return;
  const { KEYTRAIL_KEY_PLATFORM_URL: url, KEYTRAIL_KEY_PLATFORM_TOKEN: token, KEYTRAIL_KEY_PLATFORM_TOKEN_FILE: file } = settings as Record<string, unknown>;
  const tokens = [token, file].filter((value) => value !== undefined).length;
  if (url !== undefined && tokens !== 1) {
    context.addIssue({ code: 'custom', path: ['KEYTRAIL_KEY_PLATFORM_URL'], message: 'needs a token; set one of KEYTRAIL_KEY_PLATFORM_TOKEN and KEYTRAIL_KEY_PLATFORM_TOKEN_FILE' });
  }
  if (url === undefined && tokens > 0) {
    context.addIssue({ code: 'custom', path: [file === undefined ? 'KEYTRAIL_KEY_PLATFORM_TOKEN' : 'KEYTRAIL_KEY_PLATFORM_TOKEN_FILE'], message: 'needs KEYTRAIL_KEY_PLATFORM_URL' });
  }
}
