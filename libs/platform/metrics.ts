import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What Keytrail counts about itself, in the Prometheus text format at `/metrics`. */
export class Metrics {
  readonly registry = new Registry();

  readonly received = new Counter({
    name: 'keytrail_request_logs_received_total', help: 'Request-log lines that came in', labelNames: ['source'], registers: [this.registry],
  });
  readonly stored = new Counter({
    name: 'keytrail_request_logs_stored_total', help: 'Request-log lines stored', labelNames: ['source'], registers: [this.registry],
  });
  readonly deadLettered = new Counter({
    name: 'keytrail_request_logs_dead_lettered_total', help: 'Request-log lines kept as dead letters', labelNames: ['source'],
    registers: [this.registry],
  });
  readonly duplicates = new Counter({
    name: 'keytrail_request_logs_duplicate_total', help: 'Lines of batches that were stored before', labelNames: ['source'],
    registers: [this.registry],
  });
  readonly replayed = new Counter({
    name: 'keytrail_dead_letters_replayed_total', help: 'Request-log lines that were dead letters and are stored now', labelNames: ['source'],
    registers: [this.registry],
  });
  readonly keyPlatformSyncs = new Counter({
    name: 'keytrail_key_platform_syncs_total', help: 'Readings of the keys of the key platform', labelNames: ['outcome'], registers: [this.registry],
  });
  readonly findings = new Counter({
    name: 'keytrail_findings_total', help: 'Findings made', labelNames: ['rule'], registers: [this.registry],
  });
  readonly ruleFailures = new Counter({
    name: 'keytrail_rule_failures_total', help: 'Rules that threw', labelNames: ['rule'], registers: [this.registry],
  });
  readonly tickSeconds = new Histogram({
    name: 'keytrail_detection_tick_seconds', help: 'Length of a detection tick', registers: [this.registry],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  readonly detectionLag = new Gauge({
    name: 'keytrail_detection_lag_seconds', help: 'How long the oldest of what detection judged last had been stored; 0 when nothing waits', registers: [this.registry],
  });
  readonly kafkaLag = new Gauge({
    name: 'keytrail_kafka_lag', help: 'Messages behind the end of the partition', labelNames: ['topic', 'partition'],
    registers: [this.registry],
  });
  readonly kafkaLost = new Counter({
    name: 'keytrail_kafka_lost_offsets_total', help: 'Offsets that the broker removed before they were read', labelNames: ['topic'],
    registers: [this.registry],
  });
  readonly kafkaNewLogs = new Counter({
    name: 'keytrail_kafka_new_logs_total', help: 'Partitions whose topic was made anew: what was left unread in the old one is gone', labelNames: ['topic'],
    registers: [this.registry],
  });
  readonly staleReplays = new Counter({
    name: 'keytrail_stale_replays_total', help: 'Batches stored again later than insert tokens are remembered; rows were compared instead',
    registers: [this.registry],
  });
  readonly kafkaStalls = new Counter({
    name: 'keytrail_kafka_stalls_total', help: 'Times reading from Kafka stalled and was started anew', labelNames: ['reason'], registers: [this.registry],
  });
  readonly authFailures = new Counter({
    name: 'keytrail_authentication_failures_total', help: 'Calls refused for lack of valid credentials', registers: [this.registry],
  });

  readonly alertAttempts = new Counter({
    name: 'keytrail_alert_attempts_total', help: 'Attempts to send a notification, by kind of channel and what became of them', labelNames: ['kind', 'result'],
    registers: [this.registry],
  });

  readonly leaked = new Counter({
    name: 'keytrail_leaked_secrets_total', help: 'Secrets that were reported as leaked, by what they were', labelNames: ['label'], registers: [this.registry],
  });

  constructor(withProcessMetrics = true) {
    if (withProcessMetrics) collectDefaultMetrics({ register: this.registry });
  }
}
