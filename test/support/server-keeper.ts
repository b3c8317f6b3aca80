import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type ServerKind = 'kafka' | 'postgres' | 'clickhouse';
export type ServerMethod = 'kill' | 'restart' | 'stop';
type Answer = { id: number; ok?: unknown; error?: string };

/** A line to the process that owns the run's servers (`servers/keeper.mjs`). Servers started over it end when it closes. */
export class KeeperLine {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#settle(JSON.parse(line) as Answer));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the keeper of test servers is gone')));
    socket.unref();
  }

  /** @param path the keeper's Unix socket; that of the test run unless told otherwise */
  static async open(path = process.env.KEYTRAIL_TEST_KEEPER): Promise<KeeperLine> {
    if (!path) throw new Error('KEYTRAIL_TEST_KEEPER is not set: run the tests with npm test, or jest with the globalSetup of jest.config.js');
    const socket = connect(path);
    await once(socket, 'connect');
    return new KeeperLine(socket);
  }

  shared<T>(kind: ServerKind, options: object = {}): Promise<T> {
    return this.#ask<T>({ op: 'shared', kind, options });
  }

  start<T>(kind: ServerKind, options: object = {}): Promise<T & { server: number }> {
    return this.#ask<T & { server: number }>({ op: 'start', kind, options });
  }

  async call(server: number, method: ServerMethod): Promise<void> {
    await this.#ask({ op: 'call', server, method });
  }

  /** Downloads Kafka's jars unless they are there. */
  async fetchKafka(options: object): Promise<void> {
    await this.#ask({ op: 'fetch', options });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask<T>(request: object): Promise<T> {
    const id = ++this.#last;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#socket.ref();
    this.#socket.write(`${JSON.stringify({ id, ...request })}\n`);
    return (await answer) as T;
  }

  #settle({ id, ok, error }: Answer): void {
    const asker = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#socket.unref();
    if (error === undefined) asker?.resolve(ok);
    else asker?.reject(new Error(error));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** What the run's one server of this kind answers, e.g. its address. The first to ask starts it. */
export async function sharedServer<T>(kind: ServerKind, options: object = {}): Promise<T> {
  const line = await KeeperLine.open();
  try {
    return await line.shared<T>(kind, options);
  } finally {
    line.close();
  }
}
