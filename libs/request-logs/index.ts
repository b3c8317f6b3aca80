export { BackgroundLogSource } from './background-log-source.service.js';
export { connectKafka, readMessagesFrom, type KafkaSettings } from './connect-kafka.js';
export { openCountryLookup } from './country.js';
export { CountryLookup } from './country-lookup.js';
export { DeadLetterStore } from './dead-letter.store.js';
export { HttpIntake } from './http-intake.service.js';
export { KafkaCollector, KafkaCollectorSettings, type TopicSettings } from './kafka-collector.service.js';
export { LedgerStore } from './ledger.store.js';
export { KafkaCollectorModule, KafkaMessagesModule, RequestLogsHttpModule, RequestLogsModule, type KafkaCollectorParts } from './request-logs.module.js';
