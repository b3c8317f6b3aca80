import type { z } from 'zod';
import { adminFields, geoFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything the API can be told. It needs the master key and both stores. */
export const ApiSettings = settingsSchema({ ...serverAppFields, ...adminFields, ...geoFields });
export type ApiSettings = z.infer<typeof ApiSettings>;
