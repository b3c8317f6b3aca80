import { CompressionTypes, Partitioners, type Kafka, type Producer } from 'kafkajs';

export interface DeadLetterMessage {
  /** Stable for one place in the source: a repeated letter can be told. */
  key: string;
  value: string;
}

/** Writes what could not be stored to the dead-letter topic. */
export class KafkaDeadLetters {
  private readonly producer: Producer;
  private connected: Promise<void> | undefined;

  constructor(kafka: Kafka, private readonly topic: string) {
    this.producer = kafka.producer({
      idempotent: true, maxInFlightRequests: 1, retry: { retries: 5 }, createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  /** Resolves when every in-sync replica has the letters. */
  async send(letters: readonly DeadLetterMessage[]): Promise<void> {
    this.connected ??= this.producer.connect();
    await this.connected.catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    await this.producer.send({ topic: this.topic, acks: -1, compression: CompressionTypes.GZIP, messages: [...letters] });
  }

  async close(): Promise<void> {
    if (this.connected !== undefined) await this.producer.disconnect();
  }
}
