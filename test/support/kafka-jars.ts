import { homedir } from 'node:os';
import { join } from 'node:path';

const KAFKA_VERSION = '4.1.1';
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
/** What the keeper is told to start Kafka from: its version, and where its jars are kept between runs. */
export const kafkaJars = { version: KAFKA_VERSION, jarsDir: join(cacheHome, 'keytrail-test', `kafka-${KAFKA_VERSION}`) };
