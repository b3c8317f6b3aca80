import { cutText } from './clean-text.js';
import type { RequestLogRow } from './row.js';

/** What signs are made from: the row as it is stored, so that no secret can get into one. */
export type SignedFields = Pick<RequestLogRow, 'credential_kind' | 'origin' | 'referer' | 'tenant' | 'outcome' | 'refusal_reason' | 'attributes' | 'time'>;

/** A field that a live secret was taken out of, with the fingerprint that stands there now. */
export interface Exposed { field: string; fingerprint: string }
export const NOTHING_EXPOSED: readonly Exposed[] = [];

/** The tenant of a token that names none, and of a request that asks for none. */
const DEFAULT_TENANT = 'default';
const USER_TOKEN_ALGORITHM = 'ES256';
const USER_TOKEN_LONGEST_S = 3_600;
/** Clocks of gateways and of whoever signs differ. */
const TOLERANCE_S = 60;
const LONGEST = 160;

export const NO_SIGNS: readonly string[] = [];
const RUNTIME_NAMES = ['runtime', 'runtime_id', 'workload'];

/**
 * What rules want to know of a request beside the fields that detection groups by, as `name:value`; most requests have none.
 * Names: `browser`, `runtime`, `user-token`, `token-alg`, `token-expired`, `token-long`, `token-entity-type`, `mint` (entity@iat),
 * `tenants` (the token's > the one asked for), `exposed` (field fingerprint).
 */
export function signsOf(fields: SignedFields, exposed: readonly Exposed[]): readonly string[] {
  const { origin, referer, attributes } = fields;
  if (origin === '' && referer === '' && exposed.length === 0 && fields.refusal_reason !== 'tenant_mismatch' && isEmpty(attributes)) return NO_SIGNS;
  const signs: string[] = [];
  const add = (name: string, value: string) => signs.push(cutText(`${name}:${value}`, LONGEST));
  const browser = browserSign(fields);
  if (browser !== undefined) add('browser', browser);
  for (const { field, fingerprint } of exposed) add('exposed', `${field} ${fingerprint}`);
  const runtime = RUNTIME_NAMES.map((name) => attributes[name]).find((value) => value !== undefined && value !== '');
  if (runtime !== undefined) add('runtime', runtime);
  addTokenSigns(fields, add);
  return signs.length === 0 ? NO_SIGNS : signs;
}

/** A page's script sends an origin, and browsers send Sec-Fetch-*. A referrer is weaker: some HTTP clients send one when they are redirected. */
function browserSign({ credential_kind, origin, referer, attributes }: SignedFields): string | undefined {
  if (credential_kind === 'public_key') return undefined;
  if (origin !== '' && origin !== '-' && origin !== 'null') return `origin ${origin}`;
  const site = attributes['sec_fetch_site'];
  if (site !== undefined && site !== '' && site !== '-') return `sec-fetch-site ${site}`;
  return referer === '' || referer === '-' ? undefined : `referer ${/^https?:\/\/[^/?#]+/.exec(referer)?.[0] ?? 'of another kind'}`;
}

function addTokenSigns({ attributes, tenant, time, outcome, refusal_reason }: SignedFields, add: (name: string, value: string) => void): void {
  const { jwt_alg: algorithm, jwt_entity_type: entityType, jwt_entity_id: entity, user_token_present: present } = attributes;
  const [issued, expires] = [secondsOf(attributes['jwt_iat']), secondsOf(attributes['jwt_exp'])];
  const hasToken = algorithm !== undefined || entityType !== undefined || entity !== undefined || issued !== undefined || expires !== undefined;
  if (hasToken || present === 'true') add('user-token', 'present');
  else if (present === 'false') add('user-token', 'absent');
  if (algorithm !== undefined && algorithm !== USER_TOKEN_ALGORITHM) add('token-alg', algorithm);
  if (entityType !== undefined && entityType !== 'subscriber') add('token-entity-type', entityType);
  if (expires !== undefined && expires + TOLERANCE_S < time / 1000) add('token-expired', outcome);
  if (issued !== undefined && expires !== undefined && expires - issued > USER_TOKEN_LONGEST_S) add('token-long', String(expires - issued));
  if (entity !== undefined && entity !== '') add('mint', `${entity}@${issued ?? ''}`);
  const tokenTenant = attributes['jwt_tenant'] ?? (hasToken ? DEFAULT_TENANT : undefined);
  const asked = tenant === '' ? DEFAULT_TENANT : tenant;
  if (refusal_reason === 'tenant_mismatch' || (tokenTenant !== undefined && outcome === 'forbidden' && tokenTenant !== asked)) {
    add('tenants', `${tokenTenant ?? '?'} > ${asked}`);
  }
}

const secondsOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d{9,11}$/.test(text) ? Number(text) : undefined);

function isEmpty(attributes: Readonly<Record<string, string>>): boolean {
  for (const _ in attributes) return false;
  return true;
}

const FINGERPRINTS = /fp_[0-9a-f]{24}/g;

/** Fingerprints that redaction put into a text. */
export function putIn(before: string, after: string): string[] {
  if (!after.includes('fp_')) return [];
  return [...new Set(after.match(FINGERPRINTS))].filter((fingerprint) => !before.includes(fingerprint));
}
