export { connectKafka, type KafkaSettings } from './connect-kafka.js';
export { openCountryLookup } from './country.js';
export { CountryLookup } from './country-lookup.js';
export { KafkaCollectorSettings, type TopicSettings } from './kafka-collector.service.js';
export { KafkaCollectorModule, RequestLogsHttpModule, RequestLogsModule, type KafkaCollectorParts } from './request-logs.module.js';
