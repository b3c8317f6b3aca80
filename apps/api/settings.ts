import type { z } from 'zod';
import { addedKeyFields, adminFields, geoFields, kafkaFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything the API can be told. It needs the master key and both stores. */
export const ApiSettings = settingsSchema({
  ...serverAppFields, ...addedKeyFields, ...adminFields, ...geoFields,
  KEYTRAIL_KAFKA_BROKERS: kafkaFields.KEYTRAIL_KAFKA_BROKERS.optional().describe('Kafka brokers, to read dead letters again from their topics; absent = from what was kept of them'),
});
export type ApiSettings = z.infer<typeof ApiSettings>;
