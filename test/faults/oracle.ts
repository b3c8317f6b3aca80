import type { Producer } from 'kafkajs';

/** A request log that the broker acknowledged. */
export interface Produced {
  request_id: string;
  key_id: string;
  /** Epoch minutes. */
  minute: number;
  denied: boolean;
}

const KEYS = 5;

/** Sends request logs and remembers which the broker acknowledged: what has to be stored, each once. */
export class Oracle {
  readonly acknowledged: Produced[] = [];
  private next = 0;

  constructor(private readonly producer: Producer, private readonly topic: string, private readonly seed: string) {}

  /** Sends a batch and waits for the acknowledgement. The producer is idempotent: a retry of its own doubles nothing. */
  async send(count: number): Promise<void> {
    const batch = Array.from({ length: count }, (): Produced & { time: number } => {
      this.next += 1;
      const time = Date.now() - (this.next % 7) * 60_000;
      return { request_id: `${this.seed}-${this.next}`, key_id: `${this.seed}-key-${this.next % KEYS}`, minute: Math.floor(time / 60_000), denied: this.next % 11 === 0, time };
    });
    await this.producer.send({
      topic: this.topic, acks: -1,
      messages: batch.map(({ time, request_id, key_id, denied }) => ({
        key: request_id,
        value: JSON.stringify({
          time, request_id, key_id, method: 'GET', path: `/orders/${request_id}`, status: denied ? 403 : 200, address: '192.0.2.7', user_agent: 'sdk/1',
        }),
      })),
    });
    this.acknowledged.push(...batch.map(({ time: _, ...produced }) => produced));
  }

  get keys(): string[] {
    return Array.from({ length: KEYS }, (_, index) => `${this.seed}-key-${index}`);
  }
}

export interface Comparison {
  rows: number;
  missing: number;
  /** Rows beyond one of a request id, and rows nobody sent. */
  doubled: number;
  rollup_mismatches: number;
}

export interface StoredCell {
  key_id: string;
  minute: number;
  requests: number;
  denied: number;
}

/** Compares every request id and every rollup cell with what was acknowledged. */
export function compare(acknowledged: readonly Produced[], ids: readonly { request_id: string; rows: number }[], rollups: readonly (readonly StoredCell[])[]): Comparison {
  const stored = new Map(ids.map(({ request_id, rows }) => [request_id, rows]));
  const missing = acknowledged.filter(({ request_id }) => !stored.has(request_id)).length;
  const rows = ids.reduce((sum, id) => sum + id.rows, 0);
  const wanted = new Map<string, string>();
  const cells = new Map<string, { requests: number; denied: number }>();
  for (const { key_id, minute, denied } of acknowledged) {
    const cell = cells.get(`${key_id} ${minute}`) ?? { requests: 0, denied: 0 };
    cell.requests += 1;
    cell.denied += denied ? 1 : 0;
    cells.set(`${key_id} ${minute}`, cell);
  }
  for (const [name, { requests, denied }] of cells) wanted.set(name, `${requests} ${denied}`);
  let rollup_mismatches = 0;
  for (const rollup of rollups) {
    const found = new Map(rollup.map(({ key_id, minute, requests, denied }) => [`${key_id} ${minute}`, `${requests} ${denied}`]));
    for (const name of new Set([...wanted.keys(), ...found.keys()])) if (wanted.get(name) !== found.get(name)) rollup_mismatches += 1;
  }
  return { rows, missing, doubled: rows - (acknowledged.length - missing), rollup_mismatches };
}
