import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Kafka, logLevel } from 'kafkajs';
import { KafkaLogSource, type LogBatch, type Patience, type TakeBatch } from '@keytrail/kafka';
import { BackgroundLogSource } from '@keytrail/request-logs';
import { deafSockets, type DeafSockets } from '../support/deaf-sockets.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { newName } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

const SESSION_MS = 6_000;
const delays = { firstMs: 50, longestMs: 200, lookMs: 50, leaveMs: 1_000 };
/** Shorter than what a client waits for an answer, so that nothing but the watch can notice. */
const patience = { join: 8_000, silence: 4_000, taking: 2_000, reading: 2_000 };

describeWithKafka('a consumer that stalls', () => {
  let brokers: string[];
  let topic: string;
  let sockets: DeafSockets;
  let source: BackgroundLogSource;
  let inner: KafkaLogSource;
  let stops: jest.SpiedFunction<KafkaLogSource['stop']>;
  let stalls: string[];
  let read: string[];
  beforeEach(async () => {
    ({ brokers } = await sharedKafkaBroker());
    topic = await createTopic(brokers);
    sockets = deafSockets();
    [stalls, read] = [[], []];
    for (const level of ['log', 'warn', 'error'] as const) jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    const kafka = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING, socketFactory: sockets.factory, requestTimeout: 10_000 });
    inner = new KafkaLogSource(kafka, { topics: [topic], group: newName('group'), sessionTimeout: SESSION_MS });
    stops = jest.spyOn(inner, 'stop');
    watch(patience);
  });
  afterEach(async () => {
    await source.stop();
    sockets.close();
    // Consumers that were left behind find out that their connections ended.
    await Promise.allSettled(stops.mock.results.map(({ value }) => value as Promise<void>));
    jest.restoreAllMocks();
  }, 60_000);

  const watch = (limits: Patience) => {
    source = new BackgroundLogSource(inner, async () => undefined, delays, limits);
    source.onStall((stall) => stalls.push(stall));
  };
  const take: TakeBatch = async (batch) => {
    read.push(...valuesOf(batch));
    return { stored: batch.messages.at(-1)!.offset + 1 };
  };
  const valuesOf = (batch: LogBatch) => batch.messages.map(({ value }) => String(value));
  const untilRead = (value: string) => waitFor(() => read.includes(value), { what: `the message ${value}`, timeoutMs: 45_000 });

  it('because its brokers froze is not ready, is noticed, and reads on from a new consumer once they answer', async () => {
    await source.start(take);
    await produce(brokers, topic, ['first']);
    await untilRead('first');
    expect(source.isReading).toBe(true);
    sockets.deafen();
    await waitFor(() => !source.isReading, { what: 'the source to say that it does not read' });
    await waitFor(() => stalls.length > 0, { what: 'the stall to be noticed', timeoutMs: 20_000 });
    expect(stalls[0]).toBe('silent');
    sockets.hear();
    await produce(brokers, topic, ['second']);
    await untilRead('second');
    expect(source.isReading).toBe(true);
    expect(read.filter((value) => value === 'second')).toHaveLength(1);
  });

  it('because its batch never comes back is noticed, and the batch is given out again under a later assignment', async () => {
    const assignments: number[] = [];
    await produce(brokers, topic, ['first']);
    await source.start(async (batch) => {
      assignments.push(batch.assignment);
      return assignments.length === 1 ? new Promise(() => undefined) : take(batch);
    });
    await untilRead('first');
    expect(stalls[0]).toBe('stuck');
    expect(assignments.at(-1)).toBeGreaterThan(assignments[0]!);
  });

  it('is none that waits for a store: the batch comes again until it is stored, on the same consumer', async () => {
    const assignments: number[] = [];
    await produce(brokers, topic, ['first']);
    await source.start(async (batch) => {
      assignments.push(batch.assignment);
      if (assignments.length < 5) throw new Error('the store is away');
      return take(batch);
    });
    await untilRead('first');
    expect(stalls).toEqual([]);
    expect(new Set(assignments).size).toBe(1);
  });

  it('is none that waits for a slow store longer than a session lasts: it stays a member and keeps its partition', async () => {
    watch({ ...patience, taking: 60_000 });
    const assignments: number[] = [];
    await produce(brokers, topic, ['first']);
    await source.start(async (batch) => {
      assignments.push(batch.assignment);
      const since = performance.now();
      await waitFor(() => performance.now() - since > SESSION_MS * 1.5, { what: 'longer than a session' });
      return take(batch);
    });
    await untilRead('first');
    await produce(brokers, topic, ['second']);
    await untilRead('second');
    // It has just been taking for longer than a session; the next answer of the broker shows that it reads.
    await waitFor(() => source.isReading, { what: 'reading again' });
    expect([stalls, assignments.length, new Set(assignments).size, read]).toEqual([[], 2, 1, ['first', 'second']]);
  });
});
