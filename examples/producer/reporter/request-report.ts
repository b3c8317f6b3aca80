/** A served request, as Keytrail's native format names its fields. Absent = not known. */
export interface RequestReport {
  /** Epoch milliseconds. */
  time: number;
  /** Unique: Keytrail finds the request by it. */
  request_id: string;
  method: string;
  path: string;
  status: number;
  /** Id of the key, when the service knows it. Goes instead of `key` where the key itself must not leave. */
  key_id?: string | undefined;
  /** The credential as presented. Keytrail keeps a fingerprint of it, never the key. */
  key?: string | undefined;
  principal?: string | undefined;
  route?: string | undefined;
  latency_ms?: number | undefined;
  bytes_in?: number | undefined;
  bytes_out?: number | undefined;
  address?: string | undefined;
  user_agent?: string | undefined;
  origin?: string | undefined;
  referer?: string | undefined;
  tenant?: string | undefined;
  environment?: string | undefined;
  gateway_node?: string | undefined;
  attributes?: Record<string, string | number | boolean> | undefined;
}

/** Longest texts that Keytrail takes; a caller must not get a request refused there by writing too much. */
const LONGEST = {
  request_id: 128, path: 16_384, key_id: 256, principal: 512, route: 512, address: 255, user_agent: 4096, origin: 512, referer: 4096, tenant: 256,
  environment: 64, gateway_node: 256,
} as const;
/** Half a key would be another key: one that is longer is left out. */
const LONGEST_KEY = 4096;

/** The report as one line of NDJSON, without its line feed. */
export function lineOf(report: RequestReport): string {
  const line: Record<string, unknown> = { ...report };
  for (const [name, most] of Object.entries(LONGEST)) {
    const text = line[name];
    if (typeof text !== 'string') continue;
    if (text === '') delete line[name];
    else if (text.length > most) line[name] = text.slice(0, most);
  }
  if (report.key === '' || (report.key?.length ?? 0) > LONGEST_KEY) delete line['key'];
  return JSON.stringify(line);
}
