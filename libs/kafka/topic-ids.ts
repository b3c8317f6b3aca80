import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ApiVersions, askApiVersions, askTopic, readApiVersions, readTopic } from './topic-id-protocol.js';

/** Tells one making of a topic from the next of the same name. */
export abstract class TopicIds {
  /**
   * The id that the brokers gave the topic when it was made; a UUID. null: these brokers give none (Kafka before 2.8). Rejects when no
   * broker answers, and while the topic is not there. The answer is younger than the call.
   */
  abstract idOf(topic: string): Promise<string | null>;

  abstract close(): void;
}

const PATIENCE_MS = 10_000;
/** More than any list of partitions takes. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Asks brokers (`host:port`) over a connection of its own, which it keeps: kafkajs speaks a version of the protocol that knows no topic ids.
 */
export class KafkaTopicIds extends TopicIds {
  private connection: Connection | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly brokers: readonly string[]) {
    super();
  }

  override idOf(topic: string): Promise<string | null> {
    // One after the other: the protocol answers in order, and one connection is enough.
    const answer = this.turn.then(() => this.ask(topic));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  override close(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  private async ask(topic: string): Promise<string | null> {
    const kept = this.connection;
    if (kept !== undefined) {
      // A kept connection may have died in the meantime: then a new one is asked.
      try {
        return await this.askOver(kept, topic);
      } catch (error) {
        if (this.connection !== undefined) throw error;
      }
    }
    let problem: unknown;
    for (const broker of this.brokers) {
      let connection: Connection;
      try {
        connection = await Connection.open(broker);
      } catch (error) {
        problem = error;
        continue;
      }
      this.connection = connection;
      return this.askOver(connection, topic);
    }
    throw new Error('no broker answers', { cause: problem });
  }

  private async askOver(connection: Connection, topic: string): Promise<string | null> {
    if (!connection.knowsIds) return null;
    let answer: Buffer;
    try {
      answer = await connection.call(askTopic(topic));
    } catch (error) {
      this.close();
      throw error;
    }
    const { id, error } = readTopic(answer);
    if (error !== 0) throw new Error(`the broker knows nothing of the topic ${topic} (error ${error})`);
    return id;
  }
}

/** One request at a time. */
class Connection {
  private constructor(private readonly socket: Socket, readonly knowsIds: boolean) {}

  static async open(broker: string): Promise<Connection> {
    const { hostname, port } = new URL(`kafka://${broker}`);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 9092, noDelay: true });
    // Whoever waits hears of it from `once`; a connection nobody waits for is found dead by the next call.
    socket.on('error', () => undefined);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
      const versions = readApiVersions(await callOver(socket, askApiVersions()));
      return new Connection(socket, versions === ApiVersions.withIds);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  call(request: Buffer): Promise<Buffer> {
    return callOver(this.socket, request);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Sends a request and gives the answer without its length. */
function callOver(socket: Socket, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.off('data', take).off('close', closed);
      settle();
    };
    const fail = (problem: string) => end(() => {
      socket.destroy();
      reject(new Error(problem));
    });
    const timer = setTimeout(() => fail(`no answer within ${PATIENCE_MS} ms`), PATIENCE_MS);
    const closed = () => fail('the broker closed the connection');
    const take = (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < 4) return;
      const length = received.readInt32BE(0);
      if (length < 0 || length > MOST_BYTES) fail(`an answer of ${length} bytes`);
      else if (received.length >= 4 + length) end(() => resolve(received.subarray(4, 4 + length)));
    };
    if (socket.destroyed) {
      closed();
      return;
    }
    socket.on('data', take).on('close', closed);
    socket.write(request);
  });
}
