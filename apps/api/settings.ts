import type { z } from 'zod';
import { addedKeyFields, adminFields, alertFields, geoFields, kafkaFields, keyPlatformFields, leakFields, oidcFields, ownerFields, ruleFields, settingsSchema } from '@keytrail/platform';
import { serverAppFields } from '@keytrail/startup';

/** Everything the API can be told. It needs the master key and both stores. */
export const ApiSettings = settingsSchema({
  ...serverAppFields, ...addedKeyFields, ...adminFields, ...alertFields, ...geoFields, ...keyPlatformFields, ...leakFields, ...oidcFields, ...ownerFields, ...ruleFields,
  KEYTRAIL_KAFKA_BROKERS: kafkaFields.KEYTRAIL_KAFKA_BROKERS.optional().describe('Kafka brokers, to read dead letters again from their topics, to tell of keys and to send alerts to topics; absent = letters from what was kept of them, and no topics'),
  KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: kafkaFields.KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC,
});
export type ApiSettings = z.infer<typeof ApiSettings>;
