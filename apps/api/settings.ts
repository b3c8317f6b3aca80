import { z } from 'zod';
import { adminFields, geoFields } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything the API can be told. It needs the master key and both stores. */
export const ApiSettings = z.object({ ...serverAppFields, ...adminFields, ...geoFields });
export type ApiSettings = z.infer<typeof ApiSettings>;
