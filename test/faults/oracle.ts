import { createHash } from 'node:crypto';
import type { Producer } from 'kafkajs';

/** A request log that the broker acknowledged. */
export interface ProducedRequest {
  request_id: string;
  key_id: string;
  /** Epoch milliseconds. */
  time: number;
  status: number;
  bytes_out: number;
  address: string;
  user_agent: string;
}

/** What was produced: it has to be stored, or kept as a dead letter, each once. */
export interface Produced {
  requests: readonly ProducedRequest[];
  /** SHA-256 of messages that nobody can store. */
  bad: readonly string[];
}

const KEYS = 5;
// Made once: a long campaign remembers millions of requests.
const ADDRESSES = Array.from({ length: 13 }, (_, index) => `192.0.2.${index}`);
const USER_AGENTS = ['sdk/0', 'sdk/1', 'sdk/2'];
const STATUSES = [200, 200, 403, 200, 401, 200, 404, 200, 429, 500, 200];

const MONTH_MS = 30.4 * 24 * 3_600_000;
/** Every so many, one of another month: rows of one insert lie in many parts of the table. */
const OLD_EVERY = 6;
const MONTHS = 40;
/** Every so many, one for a workspace that is registered late. */
const LATE_EVERY = 397;

/** Sends request logs, now and then a bad one, and remembers which the broker acknowledged. */
export class Oracle implements Produced {
  readonly requests: ProducedRequest[] = [];
  readonly bad: string[] = [];
  readonly keys: readonly string[];
  /** Where some lines belong that are refused until it is registered; undefined = there are none. */
  lateWorkspace: string | undefined;
  private next = 0;

  /** @param seed marks the request ids and keys: they belong to nobody else */
  constructor(private readonly producer: Producer, readonly topic: string, private readonly seed: string) {
    this.keys = Array.from({ length: KEYS }, (_, index) => `${seed}-key-${index}`);
  }

  /** Sends a batch and waits for the acknowledgement. The producer is idempotent: a retry of its own doubles nothing. */
  async send(count: number): Promise<void> {
    const requests: ProducedRequest[] = [];
    const bad: string[] = [];
    const messages = Array.from({ length: count }, () => {
      this.next += 1;
      if (this.next % 23 === 0) {
        const value = this.badMessage();
        bad.push(createHash('sha256').update(value).digest('hex'));
        return { key: String(this.next), value };
      }
      const request = this.request();
      requests.push(request);
      return { key: request.request_id, value: this.lineOf(request) };
    });
    await this.producer.send({ topic: this.topic, acks: -1, messages });
    this.requests.push(...requests);
    this.bad.push(...bad);
  }

  /** Lets `post` send a batch of good lines until it resolves. */
  async sendOver(post: (lines: string) => Promise<void>, count: number): Promise<void> {
    const requests: ProducedRequest[] = [];
    const lines = Array.from({ length: count }, () => {
      this.next += 1;
      const request = this.request();
      requests.push(request);
      return this.lineOf(request);
    });
    await post(lines.join('\n'));
    this.requests.push(...requests);
  }

  /** Lines that the broker or the app acknowledged. */
  get acknowledged(): number {
    return this.requests.length + this.bad.length;
  }

  private request(): ProducedRequest {
    const turn = this.next;
    return {
      time: Math.round(Date.now() - (turn % 7) * 60_000 - (turn % OLD_EVERY === 0 ? (turn / OLD_EVERY) % MONTHS : 0) * MONTH_MS), request_id: `${this.seed}-${turn}`, key_id: this.keys[turn % KEYS]!,
      status: STATUSES[turn % STATUSES.length]!, bytes_out: turn % 1_000, address: ADDRESSES[turn % ADDRESSES.length]!,
      user_agent: USER_AGENTS[turn % USER_AGENTS.length]!,
    };
  }

  private lineOf(request: ProducedRequest): string {
    const workspace = this.lateWorkspace !== undefined && this.next % LATE_EVERY === 0 ? { workspace: this.lateWorkspace } : {};
    return JSON.stringify({ ...request, ...workspace, method: 'GET', path: `/orders/${request.request_id}` });
  }

  private badMessage(): string {
    const name = `${this.seed}-${this.next}`;
    const kinds = [`{"request_id": "${name}`, JSON.stringify({ request_id: name, path: '/' }), JSON.stringify([name]).slice(1)];
    return kinds[this.next % kinds.length]!;
  }
}
