import { CompressionTypes, type Producer } from 'kafkajs';
import { LINES_A_SEND, openTopic } from '../support/topic.js';

export const TOPIC = 'bench-latency';

export interface Line {
  /** Epoch milliseconds. */
  time: number;
  key_id?: string;
  /** Presented, and known to nobody. */
  key?: string;
  credential_kind?: string;
  status?: number;
  address: string;
  user_agent?: string;
}

/** Where request logs are produced, each line a message. */
export class LogTopic {
  private sent = 0;

  private constructor(private readonly producer: Producer) {}

  static async open(brokers: readonly string[]): Promise<LogTopic> {
    return new LogTopic((await openTopic(brokers, TOPIC)).producer);
  }

  /** Resolves when the broker has them. */
  async send(lines: readonly Line[]): Promise<void> {
    for (let start = 0; start < lines.length; start += LINES_A_SEND) {
      const messages = lines.slice(start, start + LINES_A_SEND).map((line) => ({ key: line.key_id ?? line.address, value: JSON.stringify(this.whole(line)) }));
      await this.producer.send({ topic: TOPIC, acks: 1, compression: CompressionTypes.None, messages });
    }
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }

  private whole(line: Line) {
    this.sent += 1;
    return {
      request_id: `bench-${this.sent}`, method: 'GET', route: '/v1/orders', path: `/v1/orders?page=${this.sent % 50}`, status: 200, latency_ms: 12, bytes_out: 800,
      user_agent: 'orders-sdk/1.4 (node 20; linux)', gateway_node: 'gateway-1', ...line,
    };
  }
}
