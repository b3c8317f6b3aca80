import { CompressionTypes, Partitioners, type Kafka, type Producer } from 'kafkajs';
import { ensureTopics } from './kafka-client.js';

export interface KeyEventMessage {
  /** Id of the key: events of one key stay in order. */
  key: string;
  value: string;
}

/** The topic that key events are written to. */
export class KafkaKeyEvents {
  private readonly producer: Producer;
  private connected: Promise<void> | undefined;

  constructor(private readonly kafka: Kafka, readonly topic: string) {
    this.producer = kafka.producer({
      // One request at a time: a failed one is never overtaken. Not idempotent: what is sent again may be more than before, under the same numbers.
      maxInFlightRequests: 1, retry: { retries: 1 }, createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  /** Resolves when every in-sync replica has the events. Makes the topic where it is missing. */
  async send(messages: readonly KeyEventMessage[]): Promise<void> {
    this.connected ??= this.connect();
    await this.connected.catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    await this.producer.send({ topic: this.topic, acks: -1, compression: CompressionTypes.GZIP, messages: [...messages] });
  }

  async close(): Promise<void> {
    if (this.connected !== undefined) await this.producer.disconnect();
  }

  private async connect(): Promise<void> {
    await ensureTopics(this.kafka, [this.topic]);
    await this.producer.connect();
  }
}
