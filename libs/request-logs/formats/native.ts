import { RequestLogLine } from '@keytrail/contracts';
import { cutText } from '../clean-text.js';
import { leavesOf, withOthers } from './attributes.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';
import { isSurelyValid } from './quick-check.js';

/** Keytrail's own format: as it is, checked. Fields it does not know become attributes, after those the line names itself. */
export function mapNative(value: unknown): MappedLine[] {
  if (Array.isArray(value)) return value.map(mapOne);
  return [mapOne(value)];
}

function mapOne(value: unknown): MappedLine {
  if (!isObject(value)) return notAnObject();
  const checked: MappedLine = isSurelyValid(value) ? { line: value as RequestLogLine } : checkLine(withinLength(value));
  return checked.line === undefined || !hasOthers(value) ? checked : { line: withUnknownFields(checked.line, value) };
}

const FIELDS = new Set(Object.keys(RequestLogLine.shape));

/** Asked of every line: counting takes a quarter of the time that looking each name up does. */
function hasOthers(value: JsonObject): boolean {
  let fields = 0;
  for (const name in value) if (value[name] !== undefined) fields += 1;
  return fields !== knownFieldsIn(value);
}

/** A spec holds this to the fields of the contract. */
const knownFieldsIn = (line: JsonObject): number =>
  (line['time'] === undefined ? 0 : 1) + (line['request_id'] === undefined ? 0 : 1) + (line['workspace'] === undefined ? 0 : 1) + (line['key_id'] === undefined ? 0 : 1)
  + (line['key'] === undefined ? 0 : 1) + (line['credential_kind'] === undefined ? 0 : 1) + (line['principal'] === undefined ? 0 : 1) + (line['outcome'] === undefined ? 0 : 1)
  + (line['refusal_reason'] === undefined ? 0 : 1) + (line['method'] === undefined ? 0 : 1) + (line['route'] === undefined ? 0 : 1) + (line['path'] === undefined ? 0 : 1)
  + (line['status'] === undefined ? 0 : 1) + (line['latency_ms'] === undefined ? 0 : 1) + (line['bytes_in'] === undefined ? 0 : 1) + (line['bytes_out'] === undefined ? 0 : 1)
  + (line['address'] === undefined ? 0 : 1) + (line['user_agent'] === undefined ? 0 : 1) + (line['origin'] === undefined ? 0 : 1) + (line['referer'] === undefined ? 0 : 1)
  + (line['tenant'] === undefined ? 0 : 1) + (line['environment'] === undefined ? 0 : 1) + (line['gateway_node'] === undefined ? 0 : 1) + (line['headers'] === undefined ? 0 : 1)
  + (line['attributes'] === undefined ? 0 : 1);

function withUnknownFields(line: RequestLogLine, value: JsonObject): RequestLogLine {
  const others = leavesOf(Object.fromEntries(Object.entries(value).filter(([name]) => !FIELDS.has(name))));
  const attributes = withOthers(line.attributes, others);
  return attributes === undefined ? line : { ...line, attributes };
}

/** What a caller writes freely. A caller must not be able to keep its requests out of the store by writing too much of it. */
const CALLERS_FIELDS = { path: 16_384, user_agent: 4096, origin: 512, referer: 4096 } as const;

function withinLength(value: JsonObject): JsonObject {
  let cut: JsonObject | undefined;
  for (const [field, max] of Object.entries(CALLERS_FIELDS)) {
    const text = value[field];
    if (typeof text === 'string' && text.length > max) (cut ??= { ...value })[field] = cutText(text, max);
  }
  return cut ?? value;
}
