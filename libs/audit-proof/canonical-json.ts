/**
 * JSON in one form only (RFC 8785): no white space, members sorted by the UTF-16 units of their names, numbers and strings as ECMAScript
 * writes them. Throws a `TypeError` on what JSON cannot hold: undefined, functions, numbers that are not finite.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`JSON cannot hold this ${typeof value}`);
  const members = value as Record<string, unknown>;
  return `{${Object.keys(members).sort().map((name) => `${JSON.stringify(name)}:${canonicalJson(members[name])}`).join(',')}}`;
}

/** The value that `bytes` are the canonical JSON of; undefined when they are not, be it by one blank. */
export function parseCanonical(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return Buffer.from(canonicalJson(value)).equals(bytes) ? value : undefined;
  } catch {
    return undefined;
  }
}
