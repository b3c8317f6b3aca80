import type { z } from 'zod';
import { policyFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything a detector can be told. It needs the master key and both stores. */
export const DetectorSettings = settingsSchema({ ...serverAppFields, ...policyFields });
export type DetectorSettings = z.infer<typeof DetectorSettings>;
