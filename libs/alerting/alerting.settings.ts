import type { z } from 'zod';
import type { alertFields } from '@keytrail/platform';

/** What alerting is told at the start; a class, so that it can be asked for. */
export class AlertingSettings {
  readonly publicUrl: string | undefined;
  readonly allowedNetworks: readonly string[];
  readonly timeoutMs: number;
  readonly failingAfterMs: number;
  /** Of the channels to Kafka; absent: they cannot be used. */
  readonly brokers: readonly string[] | undefined;

  constructor(values: { publicUrl?: string | undefined; allowedNetworks?: readonly string[]; timeoutMs?: number; failingAfterMs?: number; brokers?: readonly string[] | undefined }) {
    this.publicUrl = values.publicUrl;
    this.allowedNetworks = values.allowedNetworks ?? [];
    this.timeoutMs = values.timeoutMs ?? 10_000;
    this.failingAfterMs = values.failingAfterMs ?? 900_000;
    this.brokers = values.brokers;
  }
}

export const alertingSettingsOf = (settings: z.infer<z.ZodObject<typeof alertFields>> & { KEYTRAIL_KAFKA_BROKERS?: string[] | undefined }): AlertingSettings => new AlertingSettings({
  publicUrl: settings.KEYTRAIL_PUBLIC_URL, allowedNetworks: settings.KEYTRAIL_ALERT_ALLOWED_NETWORKS, timeoutMs: settings.KEYTRAIL_ALERT_TIMEOUT_MS,
  failingAfterMs: settings.KEYTRAIL_ALERT_FAILING_AFTER_S * 1_000, brokers: settings.KEYTRAIL_KAFKA_BROKERS,
});
