import { z } from 'zod';
import { serverAppFields } from '@keytrail/startup';

/** Everything a detector can be told. It needs the master key and both stores. */
export const DetectorSettings = z.object(serverAppFields);
export type DetectorSettings = z.infer<typeof DetectorSettings>;
