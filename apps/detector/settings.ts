import type { z } from 'zod';
import { settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything a detector can be told. It needs the master key and both stores. */
export const DetectorSettings = settingsSchema(serverAppFields);
export type DetectorSettings = z.infer<typeof DetectorSettings>;
