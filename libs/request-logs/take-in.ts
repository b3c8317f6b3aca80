import type { RequestLogFormat } from '@keytrail/contracts';
import type { LetterContext } from './dead-letter-workspace.js';
import { formats } from './formats/index.js';
import type { GatheredRows } from './gathered-rows.js';
import { completeRow, normaliseLine } from './normalise.js';
import { MessageRefusals } from './message-refusals.js';
import type { RawLine } from './raw-line.js';
import type { NormaliseContext } from './row.js';
import type { TakenIn } from './taken-in.js';

/** What every line of one intake has in common. */
export type IntakeContext = Omit<NormaliseContext, 'receivedAt' | 'topic' | 'partition' | 'offset'> & Pick<LetterContext, 'senderWorkspace'>;

/** A bad line costs an exception: this many lines, or requests in them, are taken in before others get their turn. */
const LINES_A_TURN = 500;
/** So many bytes count as a line: reading a long one costs time as well. */
const BYTES_A_LINE = 2048;

/**
 * Turns lines into rows to store, which `rows` gathers. A bad line is refused by itself; its neighbours are not touched. Lets the event loop turn between
 * lines, so that a large batch holds nobody up.
 */
export async function takeIn(lines: Iterable<RawLine>, format: RequestLogFormat, context: IntakeContext, rows: GatheredRows): Promise<TakenIn> {
  const taken: TakenIn = { received: 0, rows, refused: [], refusedMessages: [] };
  // One for all lines, told of each where it came from: making one a line costs as much as checking it.
  const where: NormaliseContext = { ...context, receivedAt: 0, topic: '', partition: -1, offset: -1 };
  let turn = 0;
  const message = new MessageRefusals(taken);
  for (const from of lines) {
    const before = taken.received;
    if (from.message !== undefined) message.goOn(from);
    takeLine(from, format, where, taken);
    turn += Math.max(1, taken.received - before, Math.trunc(from.length / BYTES_A_LINE));
    if (turn < LINES_A_TURN) continue;
    turn = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  message.end();
  return taken;
}

function takeLine(from: RawLine, format: RequestLogFormat, where: NormaliseContext, taken: TakenIn): void {
  if (from.problem !== undefined) {
    taken.received += 1;
    taken.refused.push({ from, problem: from.problem, item: 0, of: 1, at: taken.received - 1 });
    return;
  }
  where.receivedAt = from.receivedAt;
  where.topic = from.topic ?? '';
  where.partition = from.partition ?? -1;
  where.offset = from.offset ?? -1;
  if (from.row !== undefined && completeRow(from.row, where)) {
    taken.received += 1;
    taken.rows.add(from.row);
    return;
  }
  const items = formats[format](from.value);
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index]!;
    taken.received += 1;
    const { row, problem } = item.problem === undefined ? normaliseLine(item.line, where) : item;
    if (row === undefined) taken.refused.push({ from, problem, item: index, of: items.length, at: taken.received - 1 });
    else taken.rows.add(row);
  }
}
