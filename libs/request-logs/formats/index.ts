import type { RequestLogFormat } from '@keytrail/contracts';
import { mapApiGateway } from './api-gateway.js';
import { mapCloudTrail } from './cloudtrail.js';
import { mapCombined } from './combined.js';
import { detectFormats, type OneFormat } from './detect.js';
import { mapEnvoy } from './envoy.js';
import { mapKong } from './kong.js';
import { isObject, type MappedLine } from './mapped-line.js';
import { mapNative } from './native.js';
import { mapOcsf } from './ocsf.js';

export type { MappedLine } from './mapped-line.js';

type Mapper = (value: unknown) => MappedLine[];

const mappers: Record<OneFormat, Mapper> = {
  native: mapNative,
  kong: mapKong,
  cloudtrail: mapCloudTrail,
  envoy: mapEnvoy,
  'api-gateway': mapApiGateway,
  ocsf: mapOcsf,
  combined: mapCombined,
};

/** Maps one parsed value of a format to the requests in it, each by itself valid or a problem. */
export const formats: Record<RequestLogFormat, Mapper> = { ...mappers, auto: mapAuto };

/** Each line, or item of an array, by its own marks. */
function mapAuto(value: unknown): MappedLine[] {
  const list: unknown = isObject(value) && Array.isArray(value['Records']) ? value['Records'] : value;
  return Array.isArray(list) ? list.flatMap(mapDetected) : mapDetected(list);
}

function mapDetected(value: unknown): MappedLine[] {
  const [format, ...others] = detectFormats(value);
  if (format !== undefined && others.length === 0) return mappers[format](value);
  const told = format === undefined ? 'fits no format' : `could be ${[format, ...others].join(' or ')}`;
  return [{ problem: { code: 'unknown_format', reason: `${told}; say which it is: ${Object.keys(mappers).join(', ')}` } }];
}
