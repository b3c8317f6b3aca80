import { CompressionTypes, Partitioners, type Kafka, type Producer } from 'kafkajs';

export interface DeadLetterMessage {
  /** Stable for one place in the source: a repeated letter can be told. */
  key: string;
  value: string;
}

/** Brokers refuse larger requests unless told otherwise (1 MiB); compression is no help with random bytes. */
const MOST_BYTES_A_REQUEST = 512 * 1024;

/** Writes what could not be stored to the dead-letter topic. */
export class KafkaDeadLetters {
  private readonly producer: Producer;
  private connected: Promise<void> | undefined;

  constructor(kafka: Kafka, private readonly topic: string) {
    this.producer = kafka.producer({
      maxInFlightRequests: 1, retry: { retries: 5 }, createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  /** Resolves when every in-sync replica has the letters. */
  async send(letters: readonly DeadLetterMessage[]): Promise<void> {
    this.connected ??= this.producer.connect();
    await this.connected.catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    for (const messages of requestsOf(letters)) {
      await this.producer.send({ topic: this.topic, acks: -1, compression: CompressionTypes.GZIP, messages });
    }
  }

  async close(): Promise<void> {
    if (this.connected !== undefined) await this.producer.disconnect();
  }
}

function* requestsOf(letters: readonly DeadLetterMessage[]): Generator<DeadLetterMessage[]> {
  let request: DeadLetterMessage[] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = letter.key.length + Buffer.byteLength(letter.value);
    if (request.length > 0 && bytes + size > MOST_BYTES_A_REQUEST) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(letter);
    bytes += size;
  }
  if (request.length > 0) yield request;
}
