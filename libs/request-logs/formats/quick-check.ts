import { CredentialKind, Outcome } from '@keytrail/contracts';

type JsonObject = Record<string, unknown>;

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const NO_IDENTIFIER = /[\s\u0000-\u001f\u007f]/;
const METHOD = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const DATE_TIME = new RegExp('^20\\d\\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)'
  + 'T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$');
const KINDS = new Set<unknown>(CredentialKind.options);
const OUTCOMES = new Set<unknown>(Outcome.options);

/** RFC 3339 with an offset. */
export const isDateTime = (text: string): boolean => DATE_TIME.test(text);
export const isMethod = (text: string): boolean => METHOD.test(text);

const isText = (value: unknown, max: number) =>
  typeof value === 'string' && value.length > 0 && value.length <= max && !CONTROL.test(value);
const isTextIfAny = (value: unknown, max: number) => value === undefined || isText(value, max);
const isId = (value: unknown, max: number) =>
  typeof value === 'string' && value.length > 0 && value.length <= max && !NO_IDENTIFIER.test(value);
const isCountIfAny = (value: unknown) => value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
const within = (value: unknown, min: number, max: number) => typeof value === 'number' && value >= min && value <= max;

/**
 * Whether the contract is met, for certain: true means that `RequestLogLine` accepts the line (a spec holds this to it), false means that
 * it has to be asked. It answers for nearly every line at a fifth of the schema's cost.
 */
export function isSurelyValid(line: JsonObject): boolean {
  const { time } = line;
  return (typeof time === 'string' ? isDateTime(time) : within(time, 0, 8.64e15))
    && isId(line['request_id'], 128) && isText(line['path'], 16_384)
    && typeof line['method'] === 'string' && isMethod(line['method'])
    && Number.isInteger(line['status']) && within(line['status'], 100, 599)
    && (line['workspace'] === undefined || isId(line['workspace'], 64)) && (line['key_id'] === undefined || isId(line['key_id'], 256))
    && (line['key'] === undefined || (typeof line['key'] === 'string' && line['key'].length > 0 && line['key'].length <= 4096))
    && (line['credential_kind'] === undefined || KINDS.has(line['credential_kind']))
    && (line['outcome'] === undefined || OUTCOMES.has(line['outcome']))
    && (line['latency_ms'] === undefined || within(line['latency_ms'], 0, 86_400_000))
    && isCountIfAny(line['bytes_in']) && isCountIfAny(line['bytes_out'])
    && isTextIfAny(line['principal'], 512) && isTextIfAny(line['refusal_reason'], 128) && isTextIfAny(line['route'], 512)
    && isTextIfAny(line['address'], 255) && isTextIfAny(line['user_agent'], 4096) && isTextIfAny(line['origin'], 512)
    && isTextIfAny(line['referer'], 4096) && isTextIfAny(line['tenant'], 256) && isTextIfAny(line['environment'], 64)
    && isTextIfAny(line['gateway_node'], 256)
    && (line['headers'] === undefined || holdsOnly(line['headers'], 256, isHeaderValue))
    && (line['attributes'] === undefined || holdsOnly(line['attributes'], 64, isAttributeValue));
}

function holdsOnly(value: unknown, maxName: number, isAllowed: (item: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const name of Object.keys(value)) {
    if (name.length > maxName || name === '__proto__' || !isAllowed((value as JsonObject)[name])) return false;
  }
  return true;
}

const isHeaderValue = (value: unknown) =>
  typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

const isAttributeValue = (value: unknown) =>
  (typeof value === 'string' ? value.length <= 4096 : typeof value === 'boolean' || Number.isFinite(value));
