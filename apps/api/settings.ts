import type { z } from 'zod';
import { addedKeyFields, adminFields, geoFields, kafkaFields, keyPlatformFields, leakFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything the API can be told. It needs the master key and both stores. */
export const ApiSettings = settingsSchema({
  ...serverAppFields, ...addedKeyFields, ...adminFields, ...geoFields, ...keyPlatformFields, ...leakFields,
  KEYTRAIL_KAFKA_BROKERS: kafkaFields.KEYTRAIL_KAFKA_BROKERS.optional().describe('Kafka brokers, to read dead letters again from their topics and to tell of keys; absent = letters from what was kept of them, and no topic of keys'),
  KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: kafkaFields.KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC,
});
export type ApiSettings = z.infer<typeof ApiSettings>;
