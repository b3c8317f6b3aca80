import 'reflect-metadata';
import { Kafka, logLevel } from 'kafkajs';
import { httpTransport } from './reporter/http-transport.js';
import { kafkaTransport } from './reporter/kafka-transport.js';
import { createService } from './service.js';

const { KEYTRAIL_URL = 'http://127.0.0.1:8080', KEYTRAIL_TOKEN, KAFKA_BROKERS, KAFKA_TOPIC = 'keytrail.request-logs', PORT = '3000', DROP = 'drop-oldest' } = process.env;
if (DROP !== 'drop-oldest' && DROP !== 'drop-newest') throw new Error('DROP must be drop-oldest or drop-newest');
if (KAFKA_BROKERS === undefined && KEYTRAIL_TOKEN === undefined) throw new Error('Set KEYTRAIL_TOKEN, or KAFKA_BROKERS to report over Kafka');

const transport = KAFKA_BROKERS === undefined
  ? httpTransport({ url: KEYTRAIL_URL, token: KEYTRAIL_TOKEN ?? '' })
  : kafkaTransport({ kafka: new Kafka({ clientId: 'orders', brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.ERROR }), topic: KAFKA_TOPIC });
const service = await createService({ transport, drop: DROP, ignore: ({ url }) => url.startsWith('/reporter') });
await service.listen(Number(PORT), '127.0.0.1');
process.stdout.write(`orders is up at ${await service.getUrl()}, reporting to ${KAFKA_BROKERS ?? KEYTRAIL_URL}\n`);
