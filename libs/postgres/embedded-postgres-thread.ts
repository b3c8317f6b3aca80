import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/**
 * The thread's part. Text, since it must run as it is under a bundler and under a test runner alike. PGlite takes one protocol message at a
 * time; what came together is answered together. Where there are fewer cores than work, whoever waits for no database goes first: on Linux each
 * thread has a priority of its own, elsewhere it is the whole process that has one.
 */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  if (process.platform === 'linux') try { const os = require('node:os'); os.setPriority(0, Math.min(19, os.getPriority(0) + workerData.niceness)); } catch {}
  const opening = import(workerData.module).then(({ PGlite }) =>
    PGlite.create(workerData.directory, { startParams: [...PGlite.defaultStartParams, ...workerData.startParams] }));
  const answer = async (database, bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const answers = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + view.getInt32(at + 1);
      answers.push(await database.execProtocolRaw(bytes.subarray(at, end)));
      at = end;
    }
    return Buffer.concat(answers);
  };
  const told = (error) => (error instanceof Error ? error.message : String(error)).slice(0, 2000);
  let last = opening.then(() => parentPort.postMessage({}), (error) => parentPort.postMessage({ failed: told(error) }));
  parentPort.on('message', ({ bytes }) => {
    last = last.then(async () => {
      const database = await opening;
      if (bytes === null) {
        await database.close();
        parentPort.postMessage({});
        parentPort.close();
      } else parentPort.postMessage({ bytes: await answer(database, bytes) });
    }).catch((error) => parentPort.postMessage({ failed: told(error) }));
  });
`;

/** A third of the time when it and another thread want the same core. */
const NICENESS = 5;

type Told = { bytes?: Uint8Array; failed?: undefined } | { bytes?: undefined; failed: string };

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

/** PGlite in a thread of its own, so that a query holds up nobody but those who wait for the database. Answers come in the order of the questions. */
export class EmbeddedPostgres {
  private readonly waiting: Waiting[] = [];
  private ended: Error | undefined;

  private constructor(private readonly thread: Worker) {
    thread.on('message', (told: Told) => this.hear(told));
    thread.on('error', (error) => this.end(error));
    thread.on('exit', () => this.end(new Error('the embedded database has ended')));
  }

  /** Opens the database in a directory that holds one. Rejects with what the database says. */
  static async open(directory: string, startParams: readonly string[]): Promise<EmbeddedPostgres> {
    const module = createRequire(import.meta.url).resolve('@electric-sql/pglite');
    const opened = new EmbeddedPostgres(new Worker(THREAD, { eval: true, workerData: { module, directory, startParams, niceness: NICENESS }, execArgv: [], env: {} }));
    await opened.next();
    return opened;
  }

  /** Sends whole protocol messages and resolves with the bytes that answer them. */
  ask(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    this.thread.postMessage({ bytes });
    return this.next();
  }

  /** Closes the database when all that was asked before is answered. */
  async close(): Promise<void> {
    if (this.ended !== undefined) return;
    this.thread.postMessage({ bytes: null });
    await this.next();
    await this.thread.terminate();
  }

  private next(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private hear({ bytes, failed }: Told): void {
    const first = this.waiting.shift();
    if (failed === undefined) first?.resolve(bytes ?? new Uint8Array());
    else first?.reject(new Error(failed));
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
