import { readFileSync } from 'node:fs';
import type { RequestLogFormat } from '@keytrail/contracts';
import { formats } from '../formats/index.js';
import { normaliseLine } from '../normalise.js';
import { parseBody } from '../parse-body.js';
import { createRedactor } from '../redact.js';
import type { NormaliseContext, RequestLogRow } from '../row.js';

export const redactor = createRedactor(Buffer.alloc(32, 1));
export const context: NormaliseContext = {
  defaultWorkspace: 'production', redactor, countryOf: () => '', source: 'http', receivedAt: Date.UTC(2026, 2, 2), resolveKey: () => undefined, lookupKey: () => undefined,
};

/** Every fixture with its format. */
export const fixtures: [file: string, format: RequestLogFormat][] = [
  ['native.ndjson', 'native'], ['kong.json', 'kong'], ['cloudtrail.ndjson', 'cloudtrail'], ['envoy.ndjson', 'envoy'], ['api-gateway.ndjson', 'api-gateway'],
  ['api-gateway-subscription.json', 'api-gateway'], ['ocsf.ndjson', 'ocsf'], ['combined.txt', 'combined'],
];

export const fixtureBody = (file: string): Buffer => readFileSync(new URL(`../formats/fixtures/${file}`, import.meta.url));

/** The parsed lines of a fixture. */
export const fixtureValues = (file: string, format: RequestLogFormat): unknown[] =>
  [...parseBody(fixtureBody(file), { format })].map(({ value, problem }) => {
    if (problem) throw new Error(problem.reason);
    return value;
  });

/** The rows of what a format's mapper makes of a value; throws where something was refused. */
export const rowsOf = (format: RequestLogFormat, value: unknown): RequestLogRow[] => formats[format](value).map((item) => {
  const { row, problem } = item.line ? normaliseLine(item.line, context) : item;
  if (!row) throw new Error(problem!.reason);
  return row;
});
