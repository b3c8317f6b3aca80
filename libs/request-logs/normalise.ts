import type { Outcome, RequestLogLine } from '@keytrail/contracts';
import { normaliseAddress } from './address.js';
import { cutText, printable } from './clean-text.js';
import { bareCredential, headersByName, isSecretLooking, presentedKey } from './presented-key.js';
import type { Redactor } from './redact.js';
import type { NormaliseContext, NormalisedLine, RequestLogRow } from './row.js';
import { isNamedSecret } from './secret-names.js';
import { FINGERPRINT } from './secret-shapes.js';
import { NO_SIGNS, NOTHING_EXPOSED, putIn, signsOf, type Exposed } from './signs.js';

/** Nothing that Keytrail can read is older; zero, seconds taken for milliseconds and unset clocks all are. */
const EARLIEST = Date.UTC(2005, 0, 1);
const LATEST_AHEAD = 24 * 3_600_000;
const MAX_ATTRIBUTES = 32;

/** Turns a validated line into the row to store, or says why it cannot be stored. Pure: the same input gives the same row. */
export function normaliseLine(line: RequestLogLine, context: NormaliseContext): NormalisedLine {
  const time = typeof line.time === 'number' ? Math.trunc(line.time) : Date.parse(line.time);
  const untimely = timeProblem(time, context.receivedAt);
  if (untimely !== undefined) return { problem: { code: 'time_out_of_range', reason: untimely } };

  const { redactor } = context;
  const headers = headersByName(line.headers);
  const outcome = line.outcome ?? outcomeOf(line.status);
  const key = identifyKey(line, headers, outcome, context);
  const workspace = line.workspace ?? key.workspace ?? context.defaultWorkspace;
  if (workspace === '') return { problem: { code: 'unknown_workspace', reason: 'names no workspace, and neither its key nor its sender has one' } };
  if (context.acceptsWorkspace?.(workspace) === false) {
    return { problem: { code: 'unknown_workspace', reason: 'the workspace is unknown, or the sender may not write to it' } };
  }
  const address = line.address === undefined ? '' : normaliseAddress(line.address);
  const texts: Texts = {
    route: repeated(redactor, line.route, 512),
    path: free(redactor, line.path, 2048),
    user_agent: repeated(redactor, line.user_agent ?? headerOf(headers, 'user-agent'), 512),
    origin: repeated(redactor, line.origin ?? headerOf(headers, 'origin'), 512),
    referer: free(redactor, line.referer ?? headerOf(headers, 'referer'), 2048),
  };
  const row: RequestLogRow = {
    workspace_id: name(redactor, workspace, 64),
    key_id: cutText(key.key_id, 256),
    key_fingerprint: key.fingerprint,
    credential_kind: key.kind ?? line.credential_kind ?? 'unknown',
    principal: name(redactor, line.principal, 512),
    request_id: cutText(redactor.redactId(line.request_id), 128),
    time,
    outcome,
    refusal_reason: repeated(redactor, line.refusal_reason, 128),
    // Callers choose it, and any token will do.
    method: line.method.length < 12 ? line.method : name(redactor, line.method, 64),
    route: texts.route,
    path: texts.path,
    status: line.status,
    latency_ms: line.latency_ms ?? null,
    bytes_in: line.bytes_in ?? null,
    bytes_out: line.bytes_out ?? null,
    address,
    country: address === '' ? '' : context.countryOf(address),
    user_agent: texts.user_agent,
    origin: texts.origin,
    referer: texts.referer,
    tenant: name(redactor, line.tenant, 256),
    environment: name(redactor, line.environment, 64),
    gateway_node: name(redactor, line.gateway_node, 256),
    attributes: line.attributes === undefined && headers === undefined ? {} : attributesOf(line, headers, redactor),
    signs: NO_SIGNS,
    source: context.source,
    topic: context.topic ?? '',
    partition: context.partition ?? -1,
    offset: context.offset ?? -1,
    ingested_at: context.receivedAt,
  };
  row.signs = signsOf(row, exposedIn(line, headers, texts, row.attributes, key, context));
  return { row };
}

/**
 * Adds to the row of a line that was found plain what the context tells, as `normaliseLine` does. false: this line has to be looked at more closely
 * after all, and the row is not to be used.
 */
export function completeRow(row: RequestLogRow, context: NormaliseContext): boolean {
  if (timeProblem(row.time, context.receivedAt) !== undefined) return false;
  const registered = row.key_id === '' ? undefined : context.lookupKey(row.key_id);
  const workspace = row.workspace_id === '' ? registered?.workspace_id ?? context.defaultWorkspace : row.workspace_id;
  if (workspace === '' || context.acceptsWorkspace?.(workspace) === false) return false;
  row.workspace_id = name(context.redactor, workspace, 64);
  if (registered !== undefined) row.credential_kind = registered.kind;
  row.country = row.address === '' ? '' : context.countryOf(row.address);
  row.source = context.source;
  row.topic = context.topic ?? '';
  row.partition = context.partition ?? -1;
  row.offset = context.offset ?? -1;
  row.ingested_at = context.receivedAt;
  return true;
}

type Texts = Pick<RequestLogRow, 'route' | 'path' | 'user_agent' | 'origin' | 'referer'>;

/** Fields that a secret was taken out of which opens something: that of a registered key, or the very one the call was made with. */
function exposedIn(
  line: RequestLogLine, headers: Map<string, string> | undefined, texts: Texts, attributes: Readonly<Record<string, string>>, key: IdentifiedKey, context: NormaliseContext,
): readonly Exposed[] {
  let exposed: Exposed[] | undefined;
  const look = (field: keyof Texts, before: string | undefined) => {
    if (before === undefined || before === texts[field]) return;
    for (const fingerprint of putIn(before, texts[field])) {
      if (fingerprint === key.fingerprint || context.resolveKey(fingerprint) !== undefined) (exposed ??= []).push({ field, fingerprint });
    }
  };
  look('route', line.route);
  look('path', line.path);
  look('user_agent', line.user_agent ?? headers?.get('user-agent'));
  look('origin', line.origin ?? headers?.get('origin'));
  look('referer', line.referer ?? headers?.get('referer'));
  for (const name in attributes) {
    if (!attributes[name]!.includes('fp_')) continue;
    for (const fingerprint of putIn(String(line.attributes?.[name] ?? ''), attributes[name]!)) {
      // The credential of the call itself may stand in a header that is kept: there it belongs.
      if (fingerprint !== key.fingerprint && context.resolveKey(fingerprint) !== undefined) (exposed ??= []).push({ field: `attributes.${name.replaceAll(/\s/g, '_')}`, fingerprint });
    }
  }
  return exposed ?? NOTHING_EXPOSED;
}

/** Free text is redacted each time, what has few different values once, names gently; all are cut. */
const free = (redactor: Redactor, text: string | undefined, max: number) => (text === undefined ? '' : cutText(redactor.redactText(text), max));
const repeated = (redactor: Redactor, text: string | undefined, max: number) => (text === undefined ? '' : cutText(redactor.redactRepeated(text), max));
const name = (redactor: Redactor, text: string | undefined, max: number) => (text === undefined ? '' : cutText(redactor.redactName(text), max));

function headerOf(headers: Map<string, string> | undefined, header: string): string | undefined {
  const value = headers?.get(header);
  return value === undefined ? undefined : printable(value);
}

function timeProblem(time: number, receivedAt: number): string | undefined {
  if (time >= EARLIEST && time <= receivedAt + LATEST_AHEAD) return undefined;
  if (time > receivedAt) return 'time is more than 24 hours ahead';
  return time > 0 && time * 1000 >= EARLIEST && time * 1000 <= receivedAt + LATEST_AHEAD
    ? 'time is before 2005: it looks like seconds where milliseconds are expected' : 'time is before 2005';
}

/** The outcome that a status alone tells. */
export function outcomeOf(status: number): Outcome {
  if (status < 400) return 'authorised';
  return status === 401 ? 'unauthorised' : status === 403 ? 'forbidden' : status === 429 ? 'rate_limited' : 'error';
}

interface IdentifiedKey {
  key_id: string;
  fingerprint: string;
  workspace?: string | null;
  kind?: RequestLogLine['credential_kind'];
}

function identifyKey(
  line: RequestLogLine, headers: Map<string, string> | undefined, outcome: Outcome, context: NormaliseContext,
): IdentifiedKey {
  const { redactor } = context;
  const presented = presentedKey(line, headers);
  let fingerprint = presented === '' ? '' : redactor.fingerprint(presented);
  if (line.key_id !== undefined) {
    const registered = context.lookupKey(line.key_id);
    if (registered) return { key_id: line.key_id, fingerprint, workspace: registered.workspace_id, kind: registered.kind };
    if (!FINGERPRINT.test(line.key_id) && !isSecretLooking(line.key_id) && redactor.redactName(line.key_id) === line.key_id) return { key_id: line.key_id, fingerprint };
    if (fingerprint === '') fingerprint = FINGERPRINT.test(line.key_id) ? line.key_id : redactor.fingerprint(bareCredential(line.key_id) || line.key_id);
  }
  const owned = fingerprint === '' ? undefined : context.resolveKey(fingerprint);
  if (owned) return { key_id: owned.key_id, fingerprint, workspace: owned.workspace_id, kind: owned.kind };
  // The gateway took this credential for known: its calls stay together under the fingerprint. A refused one names no key.
  const known = line.key_id !== undefined && outcome !== 'unauthorised';
  return { key_id: known ? fingerprint : '', fingerprint };
}

function attributesOf(line: RequestLogLine, headers: Map<string, string> | undefined, redactor: Redactor): Record<string, string> {
  const attributes: Record<string, string> = {};
  const site = fetchSite(headers);
  let room = MAX_ATTRIBUTES;
  if (site !== undefined) {
    attributes['sec_fetch_site'] = cutText(redactor.redactText(printable(site)), 64);
    room -= 1;
  }
  for (const [name, value] of Object.entries(line.attributes ?? {})) {
    if (room === 0) break;
    const key = cutText(redactor.redactId(printable(name)), 64);
    if (key === '' || key === '__proto__' || Object.hasOwn(attributes, key)) continue;
    const text = typeof value === 'string' ? printable(value) : String(value);
    const bare = isNamedSecret(name, text) ? bareCredential(text) : '';
    attributes[key] = bare !== '' && !FINGERPRINT.test(bare) ? redactor.fingerprint(bare) : cutText(redactor.redactText(text), 512);
    room -= 1;
  }
  return attributes;
}

/** Browsers send Sec-Fetch-* and nobody else does. */
function fetchSite(headers: Map<string, string> | undefined): string | undefined {
  if (headers === undefined) return undefined;
  const site = headers.get('sec-fetch-site');
  if (site !== undefined) return site;
  for (const name of headers.keys()) if (name.startsWith('sec-fetch-')) return 'unknown';
  return undefined;
}
