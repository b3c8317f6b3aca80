import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { KeyHabits } from '../habits.js';
import type { Place } from './fields.js';
import { emptyPlace, emptyWatch, WatchTable, watchSize } from './watch-record.js';
import type { KeyWatch } from '../watch.js';

/** What is remembered of a key: how much it calls, and what it usually does. */
export interface KeyMemory { watch: KeyWatch; habits: KeyHabits | undefined }

/** Goes up when bytes stand otherwise. What watches come to hold besides does not need it: see `watch-record.ts`. */
const FORMAT = 1;
/**
 * A byte for the format; compressed: how many numbers there are in full and with seven digits, then these (all little-endian), and the habits
 * as JSON.
 */
const COUNTS = 4;

const FRESH = emptyPlace();
new WatchTable().write(emptyWatch(), FRESH);

/** As it is stored. */
export function bytesOf(place: Place, habits: KeyHabits | undefined): Buffer {
  const text = habits === undefined ? '' : JSON.stringify(habits);
  const numbers = COUNTS + 8 * watchSize.doubles + 4 * watchSize.floats;
  const whole = Buffer.allocUnsafe(numbers + Buffer.byteLength(text));
  whole.writeUInt16LE(watchSize.doubles, 0);
  whole.writeUInt16LE(watchSize.floats, 2);
  doublesOf(place).copy(whole, COUNTS);
  floatsOf(place).copy(whole, COUNTS + 8 * watchSize.doubles);
  whole.write(text, numbers);
  return Buffer.concat([Buffer.from([FORMAT]), deflateRawSync(whole, { level: 1 })]);
}

/** Puts the numbers in their place and returns the habits. False when the bytes cannot be read; the place is anything then. */
export function readBytes(bytes: Uint8Array, place: Place): { habits: KeyHabits | undefined } | false {
  const whole = bytes[0] === FORMAT ? inflated(bytes.subarray(1)) : undefined;
  if (whole === undefined || whole.length < COUNTS) return false;
  const [doubles, floats] = [whole.readUInt16LE(0), whole.readUInt16LE(2)];
  const numbers = COUNTS + 8 * doubles + 4 * floats;
  if (whole.length < numbers || doubles > watchSize.doubles || floats > watchSize.floats) return false;
  doublesOf(FRESH).copy(doublesOf(place));
  floatsOf(FRESH).copy(floatsOf(place));
  whole.copy(doublesOf(place), 0, COUNTS, COUNTS + 8 * doubles);
  whole.copy(floatsOf(place), 0, COUNTS + 8 * doubles, numbers);
  const text = whole.toString('utf8', numbers);
  return { habits: text === '' ? undefined : JSON.parse(text) as KeyHabits };
}

/** The memory of a key outside of any place. */
export const storedMemory = ({ watch, habits }: KeyMemory): Buffer => {
  const place = emptyPlace();
  new WatchTable().write(watch, place);
  return bytesOf(place, habits);
};

export function readMemory(bytes: Uint8Array): KeyMemory | undefined {
  const place = emptyPlace();
  const read = readBytes(bytes, place);
  return read === false ? undefined : { watch: new WatchTable().read(place), ...read };
}

const doublesOf = ({ doubles, doublesAt }: Place): Buffer => Buffer.from(doubles.buffer, doubles.byteOffset + 8 * doublesAt, 8 * watchSize.doubles);
const floatsOf = ({ floats, floatsAt }: Place): Buffer => Buffer.from(floats.buffer, floats.byteOffset + 4 * floatsAt, 4 * watchSize.floats);

function inflated(bytes: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: 1 << 20 });
  } catch {
    return undefined;
  }
}
