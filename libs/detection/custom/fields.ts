/** Fields of a request log that rules may ask of, as columns of `request_logs`. Nothing else of a rule ever becomes part of a statement's text. */
const TEXT = [
  'key_id', 'key_fingerprint', 'credential_kind', 'principal', 'request_id', 'outcome', 'refusal_reason', 'method', 'route', 'path', 'address', 'country',
  'user_agent', 'origin', 'referer', 'tenant', 'environment', 'gateway_node', 'source',
] as const;
const NUMBERS = ['status', 'latency_ms', 'bytes_in', 'bytes_out'] as const;
const ATTRIBUTE = 'attributes.';

export type Field = { column: string; kind: 'text' | 'number' } | { attribute: string; kind: 'text' };

/** undefined: there is no such field. */
export function fieldOf(name: string): Field | undefined {
  if (name.startsWith(ATTRIBUTE) && name.length > ATTRIBUTE.length) return { attribute: name.slice(ATTRIBUTE.length), kind: 'text' };
  if ((TEXT as readonly string[]).includes(name)) return { column: name, kind: 'text' };
  if ((NUMBERS as readonly string[]).includes(name)) return { column: name, kind: 'number' };
  return undefined;
}

export const FIELD_NAMES: readonly string[] = [...TEXT, ...NUMBERS, `${ATTRIBUTE}<name>`];
