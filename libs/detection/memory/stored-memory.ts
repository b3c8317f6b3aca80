import { inflateRawSync } from 'node:zlib';
import lz4 from 'lz4-napi';
import type { KeyHabits } from '../habits.js';
import type { Place } from './fields.js';
import { emptyPlace, emptyWatch, WatchTable, watchSize } from './watch-record.js';
import type { KeyWatch } from '../watch.js';

/** What is remembered of a key: how much it calls, and what it usually does. */
export interface KeyMemory { watch: KeyWatch; habits: KeyHabits | undefined }

/** Goes up when bytes stand otherwise. What watches come to hold besides does not need it: see `watch-record.ts`. */
const FORMAT = 2;
/** The same bytes, deflated: what was stored before. */
const DEFLATED = 1;
const MOST_BYTES = 1 << 20;
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
  return Buffer.concat([Buffer.of(FORMAT), lz4.compressSync(whole)]);
}

/** Puts the numbers in their place and returns the habits. False when the bytes cannot be read; the place is anything then. */
export function readBytes(bytes: Uint8Array, place: Place): { habits: KeyHabits | undefined } | false {
  const whole = unpacked(bytes);
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

/** LZ4 after the length that comes out, four bytes, little-endian: eight times as fast as to deflate, and a quarter larger. */
function unpacked(bytes: Uint8Array): Buffer | undefined {
  if (bytes.length < 1 + COUNTS) return undefined;
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1);
  try {
    if (bytes[0] === DEFLATED) return inflateRawSync(packed, { maxOutputLength: MOST_BYTES });
    return bytes[0] === FORMAT && packed.readUInt32LE(0) <= MOST_BYTES ? lz4.uncompressSync(packed) : undefined;
  } catch {
    return undefined;
  }
}
