import type { RequestLogFormat } from '@keytrail/contracts';
import { mapCloudTrail } from './cloudtrail.js';
import { mapKong } from './kong.js';
import type { MappedLine } from './mapped-line.js';
import { mapNative } from './native.js';

export type { MappedLine } from './mapped-line.js';

/** Maps one parsed JSON value of a format to the requests in it, each by itself valid or a problem. */
export const formats: Record<RequestLogFormat, (value: unknown) => MappedLine[]> = {
  native: mapNative,
  kong: mapKong,
  cloudtrail: mapCloudTrail,
};
