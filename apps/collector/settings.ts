import type { z } from 'zod';
import { geoFields, kafkaFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything a collector can be told. It needs the master key, both stores and Kafka. */
export const CollectorSettings = settingsSchema({ ...serverAppFields, ...kafkaFields, ...geoFields });
export type CollectorSettings = z.infer<typeof CollectorSettings>;
