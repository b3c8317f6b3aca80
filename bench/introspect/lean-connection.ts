import { connect, type Socket } from 'node:net';

/** Called with the status and the body of the answer; status 0 = there was none. */
export type Answered = (status: number, body: string) => void;

/**
 * A kept-alive HTTP/1.1 connection that sends one request at a time and reads answers with a Content-Length. That is all the server measured here
 * sends, and a full client takes as long for a call as the server does.
 */
export class LeanConnection {
  private readonly socket: Socket;
  private unread = '';
  private waiting: Answered | undefined;

  constructor(host: string, port: number, private readonly head: string) {
    this.socket = connect({ host, port, noDelay: true }).setEncoding('latin1');
    this.socket.on('data', (part: string) => this.read(part));
    this.socket.on('error', () => this.answer(0, '')).on('close', () => this.answer(0, ''));
  }

  get isFree(): boolean {
    return this.waiting === undefined && !this.socket.destroyed;
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** `body` is ASCII. */
  send(body: string, answered: Answered): void {
    this.waiting = answered;
    this.socket.write(`${this.head}Content-Length: ${body.length}\r\n\r\n${body}`, 'latin1');
  }

  close(): void {
    this.socket.destroy();
  }

  private read(part: string): void {
    this.unread += part;
    const bodyAt = this.unread.indexOf('\r\n\r\n') + 4;
    if (bodyAt < 4) return;
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(this.unread);
    if (length === null) throw new Error('an answer without a Content-Length');
    const end = bodyAt + Number(length[1]);
    if (this.unread.length < end) return;
    const [status, body] = [Number(this.unread.slice(9, 12)), this.unread.slice(bodyAt, end)];
    this.unread = this.unread.slice(end);
    this.answer(status, body);
  }

  private answer(status: number, body: string): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(status, body);
  }
}
