// One Apache Kafka node (KRaft, broker and controller in one) on loopback.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { freePorts } from './free-port.mjs';
import { ensureKafkaJars } from './kafka-jars.mjs';
import { ownProcess, runToEnd, untilItAnswers } from './owned-process.mjs';

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';
const START_TIMEOUT_MS = 60_000;
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

/** @param {{ version: string, jarsDir: string }} options the version of Kafka and where its jars are kept */
export async function startKafka(options) {
  await ensureKafkaJars(options);
  const dir = await mkdtemp(join(tmpdir(), 'keytrail-kafka-'));
  try {
    return await startIn(dir, options.jarsDir);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(dir, jars) {
  const [port, controllerPort] = await freePorts(2);
  const properties = join(dir, 'server.properties');
  await writeFile(properties, serverProperties({ dir, port, controllerPort }));
  const classpath = ['-cp', join(jars, '*')];
  await runToEnd('java', ['-Xmx128m', ...JVM, ...classpath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties]);

  const broker = `127.0.0.1:${port}`;
  const launch = async () => {
    const node = ownProcess('java', ['-Xmx512m', ...JVM, ...classpath, 'kafka.Kafka', properties], { cwd: dir });
    await untilItAnswers(node, { what: 'Kafka', timeoutMs: START_TIMEOUT_MS }, () => askForMetadata(broker));
    return node;
  };
  let node = await launch();

  return {
    info: { brokers: [broker], pid: node.child.pid },
    /** Ends the broker without warning and keeps its data. */
    kill: () => node.end(),
    /** Stops the broker in good order if it runs, then starts it on the same port and data. */
    async restart() {
      await node.end(20_000);
      node = await launch();
    },
    /** Ends the broker and removes its data. */
    async stop() {
      await node.end();
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function askForMetadata(broker) {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 5_000, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    if (brokers.length === 0) throw new Error('no broker is registered yet');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

const serverProperties = ({ dir, port, controllerPort }) => Object.entries({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  'controller.listener.names': 'CONTROLLER',
  'listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'log.dirs': join(dir, 'log'),
  'auto.create.topics.enable': false,
  'num.partitions': 1,
  'offsets.topic.num.partitions': 1,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  // A collector that was killed is waited for this long at least; the default is 6 s.
  'group.min.session.timeout.ms': 1_000,
  // A broker that was killed may register again only after its session; the default of 9 s is all that a restart would wait for.
  'broker.session.timeout.ms': 2_000,
  'broker.heartbeat.interval.ms': 250,
  'log.cleaner.dedupe.buffer.size': 4_194_304,
}).map(([key, value]) => `${key}=${value}`).join('\n');
