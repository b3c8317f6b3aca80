import { Duplex } from 'node:stream';
import { Pool, type PoolConfig } from 'pg';
import type { EmbeddedPostgres } from './embedded-postgres-thread.js';

/** Type bytes of the protocol. */
const TERMINATE = 0x58;
/** Authentication is not asked for; ready for a query, outside of a transaction. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
/** Whatever the connection before it left open is no concern of this one. */
const ROLLBACK = Buffer.from('Q\0\0\0\x0dROLLBACK\0', 'latin1');

/**
 * What the Postgres client takes for its socket, with the embedded database at the other end.
 * @see https://www.postgresql.org/docs/current/protocol-flow.html
 */
class EmbeddedConnection extends Duplex {
  private isStarted = false;
  private unsent: Buffer = Buffer.alloc(0);

  constructor(private readonly database: EmbeddedPostgres) {
    super();
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.send(chunk).then(() => done(), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.send(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  private async send(bytes: Buffer): Promise<void> {
    let messages = this.unsent.length === 0 ? bytes : Buffer.concat([this.unsent, bytes]);
    if (!this.isStarted) {
      // The one message without a type byte.
      if (messages.length < 4 || messages.length < messages.readInt32BE(0)) {
        this.unsent = messages;
        return;
      }
      messages = messages.subarray(messages.readInt32BE(0));
      this.isStarted = true;
      await this.database.ask(ROLLBACK);
      this.push(WELCOME);
    }
    const { whole, terminates } = wholeMessages(messages);
    this.unsent = Buffer.from(messages.subarray(whole));
    if (whole > 0) this.push(await this.database.ask(messages.subarray(0, whole)));
    if (terminates) this.push(null);
  }
}

/** How many bytes are whole messages, and whether the client says goodbye after them. */
function wholeMessages(bytes: Buffer): { whole: number; terminates: boolean } {
  let whole = 0;
  while (whole + 5 <= bytes.length) {
    if (bytes[whole] === TERMINATE) return { whole, terminates: true };
    const end = whole + 1 + bytes.readInt32BE(whole + 1);
    if (end > bytes.length) break;
    whole = end;
  }
  return { whole, terminates: false };
}

/** One connection, since there is one session. */
export const poolOn = (database: EmbeddedPostgres): Pool => {
  const options: PoolConfig = { stream: () => new EmbeddedConnection(database), user: 'postgres', database: 'postgres', ssl: false, max: 1, idleTimeoutMillis: 0 };
  return new Pool(options);
};
