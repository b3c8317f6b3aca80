import { z } from 'zod';
import { geoFields, httpFields, jwtFields, kafkaFields, masterKeyField, storeFields } from '@keytrail/platform';

/** Everything `npm start` can be told. Nothing has to be set. */
export const StandaloneSettings = z.object({
  ...httpFields,
  KEYTRAIL_DATA_DIR: z.string().min(1).default('./data').describe('Directory of the embedded stores'),
  KEYTRAIL_ADMIN_TOKEN: z.string().min(16, 'must have at least 16 characters').regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces').optional()
    .describe('The administrator\'s token; absent = one is made at the first start and shown once'),
  KEYTRAIL_MASTER_KEY: masterKeyField.optional(),
  KEYTRAIL_CLICKHOUSE_URL: storeFields.KEYTRAIL_CLICKHOUSE_URL.optional(),
  KEYTRAIL_POSTGRES_URL: storeFields.KEYTRAIL_POSTGRES_URL.optional(),
  ...kafkaFields,
  KEYTRAIL_KAFKA_BROKERS: kafkaFields.KEYTRAIL_KAFKA_BROKERS.optional(),
  ...jwtFields,
  ...geoFields,
});
export type StandaloneSettings = z.infer<typeof StandaloneSettings>;
