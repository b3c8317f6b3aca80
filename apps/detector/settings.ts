import type { z } from 'zod';
import { policyFields, ruleFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything a detector can be told. It needs the master key and both stores. */
export const DetectorSettings = settingsSchema({ ...serverAppFields, ...policyFields, ...ruleFields });
export type DetectorSettings = z.infer<typeof DetectorSettings>;
