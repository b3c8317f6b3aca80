import { z } from 'zod';

/** Who keeps a key: Keytrail's own registry, or a key platform that was there before. */
export const KeyAuthorityName = z.enum(['registry', 'remote']).meta({ id: 'KeyAuthorityName' })
  .describe('Who keeps the key: `registry`, or `remote` = the key platform, of which Keytrail has a mirror');
export type KeyAuthorityName = z.infer<typeof KeyAuthorityName>;

/** Ids stand in paths of both interfaces: no slash, and not the dots that mean another directory. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.:@~+=-]{0,127}$/;
const CONTROL = /[\u0000-\u001f\u007f]+/g;
/** Some platforms write the beginning of their calendar where others write nothing. */
const EARLIEST = Date.UTC(1990, 0, 1);
const LAST = Date.UTC(9999, 11, 31);
/** Epoch seconds of the year 5138; as milliseconds it is 1973. */
const MOST_SECONDS = 1e11;

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== '';
const first = (raw: Record<string, unknown>, ...names: string[]): unknown => names.map((name) => raw[name]).find(isGiven);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** One line of at most `max` characters; undefined where there is none. */
function line(value: unknown, max: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const clean = String(value).replace(CONTROL, ' ').trim().slice(0, max);
  return clean === '' ? undefined : clean;
}

/** RFC 3339, or epoch seconds or milliseconds. What is no time is no reason to guess: the key is not understood then. */
const time = z.unknown().transform((value, context): Date | null => {
  if (!isGiven(value) || value === 0) return null;
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{9,14}$/.test(value) ? Number(value) : undefined;
  const at = number === undefined ? (typeof value === 'string' ? Date.parse(value) : Number.NaN) : number < MOST_SECONDS ? number * 1_000 : number;
  if (Number.isNaN(at)) {
    context.addIssue({ code: 'custom', message: 'is no time' });
    return z.NEVER;
  }
  return at < EARLIEST ? null : new Date(Math.min(Math.trunc(at), LAST));
});

const STATES_OF_THE_DEAD = new Set(['revoked', 'deleted', 'disabled', 'inactive', 'deactivated', 'suspended', 'removed']);

/** What is said of a key that cannot be used, but for one whose time is over. */
function isDead(raw: Record<string, unknown>): boolean {
  const state = String(first(raw, 'state', 'status') ?? '').toLowerCase();
  if (raw['revoked'] === true || STATES_OF_THE_DEAD.has(state)) return true;
  return state !== 'expired' && (raw['active'] === false || raw['enabled'] === false || raw['disabled'] === true);
}

/** Somebody's name, whether it stands alone or in an object. */
function ownerOf(raw: Record<string, unknown>): { name: string; contact: string | undefined } | undefined {
  const owner = first(raw, 'owner', 'owner_name', 'ownerName', 'owner_email', 'owner_id', 'ownerId', 'team');
  const fields = isRecord(owner) ? owner : { name: owner };
  const name = line(first(fields, 'name', 'display_name', 'email', 'id', 'owner_id'), 120);
  return name === undefined ? undefined : { name, contact: line(first(fields, 'contact', 'email') ?? first(raw, 'owner_contact', 'owner_email'), 320) };
}

function scopesOf(raw: Record<string, unknown>): string[] | undefined {
  const scopes = first(raw, 'scopes', 'scope', 'permissions');
  const list = typeof scopes === 'string' ? scopes.split(/[\s,]+/) : Array.isArray(scopes) ? scopes : undefined;
  return list?.map((scope) => line(scope, 128)).filter((scope) => scope !== undefined).slice(0, 100);
}

function metadataOf(raw: Record<string, unknown>): Record<string, string> {
  const metadata = first(raw, 'metadata', 'labels', 'tags');
  return isRecord(metadata) ? Object.fromEntries(Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === 'string').slice(0, 64)) : {};
}

const secretOf = (raw: Record<string, unknown>): string | undefined => {
  const secret = ['secret', 'key', 'token', 'api_key', 'apiKey', 'value'].map((name) => raw[name]).find((value) => typeof value === 'string' && value.length > 0);
  return typeof secret === 'string' && secret.length <= 8_192 ? secret : undefined;
};

/** The key itself, where an answer wraps it. */
function unwrapped(raw: Record<string, unknown>): Record<string, unknown> {
  const inner = first(raw, 'data', 'api_key', 'apiKey', 'key');
  if (isGiven(first(raw, 'id', 'key_id', 'keyId')) || !isRecord(inner)) return raw;
  return { ...inner, ...(typeof raw['secret'] === 'string' && { secret: raw['secret'] }) };
}

/** What platforms call by different names, under one. */
function named(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const raw = unwrapped(value);
  return {
    id: first(raw, 'id', 'key_id', 'keyId'), name: line(first(raw, 'name', 'label', 'display_name', 'displayName'), 120), owner: ownerOf(raw),
    environment: line(first(raw, 'environment', 'env', 'stage'), 64), workspace: line(first(raw, 'workspace', 'workspace_id', 'workspaceId', 'project'), 64),
    service: line(first(raw, 'service', 'application', 'app'), 63), scopes: scopesOf(raw), metadata: metadataOf(raw), secret: secretOf(raw), dead: isDead(raw),
    created_at: first(raw, 'created_at', 'createdAt', 'created'), expires_at: first(raw, 'expires_at', 'expiresAt', 'expires', 'expiry'),
    revoked_at: first(raw, 'revoked_at', 'revokedAt', 'deleted_at', 'deletedAt'), last_used_at: first(raw, 'last_used_at', 'lastUsedAt', 'last_used'),
  };
}

/**
 * A key as a key platform tells of it, with the names that such platforms use for the same things. Only `id` must be there; a time that is
 * no time, and an id that cannot stand in a path, make it unreadable.
 */
export const RemoteKey = z.preprocess(named, z.object({
  id: z.union([z.string(), z.number().int()]).transform(String).pipe(z.string().regex(ID)),
  name: z.string().optional(), owner: z.object({ name: z.string(), contact: z.string().optional() }).optional(), environment: z.string().optional(),
  workspace: z.string().optional(), service: z.string().optional(), scopes: z.array(z.string()).optional(), metadata: z.record(z.string(), z.string()),
  secret: z.string().optional(), dead: z.boolean(), created_at: time, expires_at: time, revoked_at: time, last_used_at: time,
}).transform((key) => ({ ...key, dead: key.dead || key.revoked_at !== null })));
export type RemoteKey = z.infer<typeof RemoteKey>;

const listed = (raw: unknown): unknown => (Array.isArray(raw) ? raw : isRecord(raw) ? first(raw, 'data', 'items', 'keys', 'api_keys', 'apiKeys', 'results') : undefined);
const cursorOf = (raw: unknown): unknown => {
  if (!isRecord(raw)) return undefined;
  const place = [raw, raw['meta'], raw['pagination']].filter(isRecord).map((fields) => first(fields, 'next_cursor', 'nextCursor', 'next_page_token', 'nextPageToken', 'next'));
  return place.find(isGiven);
};

/** A page of keys: those that can be read, how many cannot, and where the next page begins. */
export const RemoteKeyPage = z.preprocess((raw) => ({ items: listed(raw), cursor: cursorOf(raw) }), z.object({
  items: z.array(z.unknown()), cursor: z.union([z.string().max(4_096), z.number()]).transform(String).optional(),
}).transform(({ items, cursor }) => {
  const keys = items.flatMap((item) => {
    const { data } = RemoteKey.safeParse(item);
    return data === undefined ? [] : [data];
  });
  return { keys, unreadable: items.length - keys.length, cursor: cursor ?? null };
}));
export type RemoteKeyPage = z.infer<typeof RemoteKeyPage>;
