import { baselineSettings, closeKeyMinute, emptyKeyBaseline, type Alarm, type KeyBaseline } from '../baseline/index.js';

/** One row of a history by minutes. `minute` is an epoch minute; what is not a row had no requests. */
export interface MinuteRow { key: string; minute: number; requests: number; errors: number; denied: number }

/** An episode, told when the live system would have raised it. */
export interface RaisedAlarm { key: string; minute: number; kind: Alarm['kind']; score: number }

/**
 * Keys are held in full from so many rows on; those before are kept as they came. Of keys that had fewer, the ones seen longest ago are
 * forgotten once there are more than `MOST_YOUNG`: they begin anew if they come back. Nobody could have judged them by so little.
 */
const YOUNG_ROWS = 12;
const MOST_YOUNG = 200_000;
/** Keys held in full at most, about 10 kB each; beyond that the one seen longest ago is forgotten. */
const MOST_KEYS = 50_000;

/** Rows of a key that has few, as plain numbers: minute, requests, errors, denied. */
type Young = number[];

/**
 * Plays a history through the code of the live path. Rows of a key come in the order of its minutes; keys may take turns. Rows of the same
 * key and minute in a row add up, unless they say the same.
 */
export class MinutesBacktest {
  private readonly keys = new Map<string, KeyBaseline>();
  private readonly young = new Map<string, Young>();
  /** The row that is still open of each key held in full. */
  private readonly open = new Map<string, MinuteRow>();

  constructor(private readonly raise: (alarm: RaisedAlarm) => void) {}

  /** Takes a row in. Throws `RowOutOfOrder` when the key has a later one. */
  take(row: MinuteRow): void {
    const open = this.open.get(row.key);
    if (open !== undefined) {
      this.open.set(row.key, this.next(open, row));
      return;
    }
    const rows = this.young.get(row.key) ?? [];
    if (rows.length > 0) this.young.delete(row.key);
    const last = rows.length === 0 ? undefined : rowAt(row.key, rows, rows.length - 4);
    if (last !== undefined && last.minute >= row.minute) rows.splice(rows.length - 4, 4, ...fieldsOf(joined(last, row)));
    else rows.push(...fieldsOf(row));
    if (rows.length < 4 * YOUNG_ROWS) {
      this.young.set(row.key, rows);
      if (this.young.size > MOST_YOUNG) this.young.delete(this.young.keys().next().value!);
      return;
    }
    this.grow(row.key, rows);
  }

  /** Ends a key after `last`, the last minute of the history: its silence until then counts. */
  finish(key: string, last: number): void {
    const rows = this.young.get(key);
    if (rows !== undefined) {
      this.young.delete(key);
      if (canAlarm(rows)) this.grow(key, rows);
    }
    const open = this.open.get(key);
    if (open === undefined) return;
    this.close(open);
    if (last > open.minute) this.close({ key, minute: last, requests: 0, errors: 0, denied: 0 });
    this.open.delete(key);
    this.keys.delete(key);
  }

  finishAll(last: number): void {
    for (const key of [...this.young.keys(), ...this.open.keys()]) this.finish(key, last);
  }

  private grow(key: string, rows: Young): void {
    let open = rowAt(key, rows, 0);
    for (let at = 4; at < rows.length; at += 4) open = this.next(open, rowAt(key, rows, at));
    this.open.set(key, open);
  }

  private next(open: MinuteRow, row: MinuteRow): MinuteRow {
    if (row.minute <= open.minute) return joined(open, row);
    this.close(open);
    return row;
  }

  private close(row: MinuteRow): void {
    const before = this.keys.get(row.key) ?? emptyKeyBaseline(row.minute);
    const { baseline, alarms } = closeKeyMinute(before, row.minute, row);
    this.keys.delete(row.key);
    this.keys.set(row.key, baseline);
    if (this.keys.size > MOST_KEYS) {
      const oldest = this.keys.keys().next().value!;
      this.keys.delete(oldest);
      this.open.delete(oldest);
    }
    // A rise is seen while its minute lasts, silence when the minute is over.
    for (const { begins, kind, minute, score } of alarms) {
      if (begins) this.raise({ key: row.key, minute: kind === 'drop' ? minute + 1 : minute, kind, score });
    }
  }
}

export class RowOutOfOrder extends Error {}

function joined(open: MinuteRow, row: MinuteRow): MinuteRow {
  if (row.minute < open.minute) throw new RowOutOfOrder(`minute ${row.minute} of this key comes after its minute ${open.minute}`);
  const { key, minute, requests, errors, denied } = row;
  if (requests === open.requests && errors === open.errors && denied === open.denied) return open;
  return { key, minute, requests: open.requests + requests, errors: open.errors + errors, denied: open.denied + denied };
}

/** Fewer events than any alarm asks for are not worth a baseline. */
const canAlarm = (rows: Young): boolean => rows.reduce((sum, value, at) => (at % 4 === 0 ? sum : sum + value), 0) >= baselineSettings.min_events;

const fieldsOf = ({ minute, requests, errors, denied }: MinuteRow): Young => [minute, requests, errors, denied];
const rowAt = (key: string, rows: Young, at: number): MinuteRow =>
  ({ key, minute: rows[at]!, requests: rows[at + 1]!, errors: rows[at + 2]!, denied: rows[at + 3]! });
