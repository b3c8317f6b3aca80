export { createKafka, ensureTopics } from './kafka-client.js';
export { KafkaDeadLetters, type DeadLetterMessage } from './kafka-dead-letters.js';
export { KafkaKeyEvents, type KeyEventMessage } from './kafka-key-events.js';
export { KafkaLogSource, type KafkaLogSourceOptions } from './kafka-log-source.js';
export { KafkaMessageReader, MessageReader, placeOf, type MessagePlace } from './message-reader.js';
export { LogSource, type LogBatch, type LogMessage, type SourceHealth, type TakeBatch, type Taken } from './log-source.js';
export { KafkaTopicIds, TopicIds } from './topic-ids.js';
export { PATIENCE, isReading, stallOf, type Patience, type Stall } from './stall.js';
