import { ParsedLine, type RawLine } from './raw-line.js';
import type { RefusedLine, TakenIn } from './taken-in.js';

/** A message with more refused lines is kept as one dead letter: it can be read again whole, and a letter costs much more than a line. */
export const MOST_LETTERS_A_MESSAGE = 10;

/** Puts the refused requests of one Kafka message together as soon as it ends, where they are many. */
export class MessageRefusals {
  private offset: number | undefined;
  private received = 0;
  private refused = 0;

  constructor(private readonly taken: TakenIn) {}

  /** Before each line. */
  goOn(line: RawLine): void {
    if (line.offset === this.offset) return;
    this.end();
    this.offset = line.offset;
    this.received = this.taken.received;
    this.refused = this.taken.refused.length;
  }

  /** After the last line. */
  end(): void {
    const { taken } = this;
    const requests = taken.refused.length - this.refused;
    const first = taken.refused[this.refused];
    if (requests > MOST_LETTERS_A_MESSAGE && first?.from.message !== undefined && this.linesRefused() > MOST_LETTERS_A_MESSAGE) {
      const refused = taken.refused.splice(this.refused);
      const received = taken.received - this.received;
      const items = requests === received ? null : refused.map(({ at }) => at - this.received);
      taken.refusedMessages.push({ from: wholeMessage(first), problem: problemOf(first, requests, received), requests, items });
    }
  }

  private linesRefused(): number {
    let lines = 0;
    let last: RawLine | undefined;
    for (let at = this.refused; at < this.taken.refused.length; at += 1) {
      const { from } = this.taken.refused[at]!;
      if (from !== last) lines += 1;
      last = from;
    }
    return lines;
  }
}

const problemOf = ({ from, problem }: RefusedLine, requests: number, received: number) =>
  ({ code: problem.code, reason: `${requests} of ${received} requests; the first in line ${from.line}: ${problem.reason}` });

/** Line 0 stands for all of them. */
function wholeMessage({ from }: RefusedLine): RawLine {
  const message = from.message!;
  const { receivedAt, topic = '', partition = -1, offset = -1 } = from;
  return Object.assign(new ParsedLine(0, message, 0, message.length), { receivedAt, topic, partition, offset, message });
}
