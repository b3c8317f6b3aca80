import { z } from 'zod';
import { addedKeyFields, adminFields, alertFields, geoFields, httpFields, jwtFields, kafkaFields, keyPlatformFields, leakFields, masterKeyField, oidcFields, ownerFields, policyFields, ruleFields, settingsSchema, startFields, storeFields } from '@keytrail/platform';

/** Everything `npm start` can be told. Nothing has to be set. */
export const StandaloneSettings = settingsSchema({
  ...httpFields,
  KEYTRAIL_DATA_DIR: z.string().min(1).default('./data').describe('Directory of the embedded stores'),
  ...adminFields,
  KEYTRAIL_MASTER_KEY: masterKeyField.optional(),
  ...addedKeyFields,
  KEYTRAIL_CLICKHOUSE_URL: storeFields.KEYTRAIL_CLICKHOUSE_URL.optional(),
  KEYTRAIL_POSTGRES_URL: storeFields.KEYTRAIL_POSTGRES_URL.optional(),
  ...startFields,
  ...kafkaFields,
  KEYTRAIL_KAFKA_BROKERS: kafkaFields.KEYTRAIL_KAFKA_BROKERS.optional(),
  ...jwtFields,
  ...oidcFields,
  ...geoFields,
  ...keyPlatformFields,
  ...leakFields,
  ...alertFields,
  ...ownerFields,
  ...policyFields,
  ...ruleFields,
});
export type StandaloneSettings = z.infer<typeof StandaloneSettings>;
