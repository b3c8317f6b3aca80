import type { KeyHabits } from '../habits.js';
import { firstLook, lastMinute } from '../silence-watch.js';
import type { Place } from './fields.js';
import { bytesOf, readBytes, type KeyMemory } from './stored-memory.js';
import { firstSeenAt, WatchTable, watchSize } from './watch-record.js';
import type { KeyWatch } from '../watch.js';
import { nameOf, type KeyName } from '../key-name.js';

/** What is remembered of a key as it is stored. `step`: the step of detection up to which it holds. */
export interface StoredKey extends KeyName {
  bytes: Uint8Array;
  step: number;
  /** Epoch minute from which on its silence is worth a look; null: never, or that is not known. */
  look_at: number | null;
}

/** A key whose silence may be worth a look, and the gateways that its last calls came through. The watch is good until the next is looked at. */
export interface SilentKey { key: KeyName; nodes: readonly string[]; watch: KeyWatch }

/** Keys whose numbers stand in one piece. */
const KEYS_A_SLAB = 512;
/** Minutes until a key of which silence says nothing may be busier, and until it is taken to be gone. */
const NOT_BUSY = 4 * 60;
const GONE_AFTER = 2 * 24 * 60;

interface Slab { floats: Float32Array; doubles: Float64Array }

/**
 * What is remembered of the keys that were active last, some 5 kB each: numbers stand in large arrays, so that neither a judged key nor the garbage
 * collector costs an object. A key is changed when it was judged since it was written down last; who made room for others is asked for again.
 */
export class KeyMemories {
  private readonly slabs: Slab[] = [];
  private readonly places = new Map<string, number>();
  private readonly names: (KeyName | undefined)[] = [];
  private readonly habits: (KeyHabits | undefined)[] = [];
  /** The step in which a key was changed first since it was written down; 0 = it was not changed. Those changed come in the order of that. */
  private readonly changedIn: number[] = [];
  private readonly changedAt: number[] = [];
  private readonly changed = new Set<number>();
  /** The step up to which it holds what came. */
  private readonly heldTo: number[] = [];
  /** The step in which it was used last. */
  private readonly usedIn: number[] = [];
  /** Epoch minute from which on its silence is worth a look; 0: that has to be seen first. */
  private readonly lookAt: number[] = [];
  /** Whether that is so only as long as it stays silent. */
  private readonly waits: boolean[] = [];
  private readonly free: number[] = [];
  private readonly table = new WatchTable();
  private readonly place: Place = { floats: new Float32Array(0), floatsAt: 0, doubles: new Float64Array(0), doublesAt: 0 };
  private hand = 0;
  private last: KeyName | undefined;
  private lastSlot = 0;

  /** `capacity`: of keys. More are held only while one step needs them at once. */
  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.places.size;
  }

  /** Keys that are to be written down. */
  get unwritten(): number {
    return this.changed.size;
  }

  has(key: KeyName): boolean {
    return this.places.has(nameOf(key));
  }

  /** When a key was seen first, epoch milliseconds; undefined: nothing is remembered of it. */
  firstSeen(key: KeyName): number | undefined {
    const slot = this.places.get(nameOf(key));
    return slot === undefined ? undefined : firstSeenAt(this.placeOf(slot));
  }

  /** What is remembered of a key; the watch is one and the same object for all keys. */
  get(key: KeyName): KeyMemory | undefined {
    const slot = this.places.get(nameOf(key));
    if (slot === undefined) return undefined;
    this.last = key;
    this.lastSlot = slot;
    return { watch: this.table.read(this.placeOf(slot)), habits: this.habits[slot] };
  }

  /** Remembers what a step made of a key. `now`: when, epoch milliseconds. */
  put(key: KeyName, { watch, habits }: KeyMemory, step: number, now: number): void {
    // What was got last is put next.
    const slot = key === this.last && this.names[this.lastSlot] !== undefined ? this.lastSlot : this.slotOf(key, step);
    this.last = undefined;
    this.usedIn[slot] = step;
    this.table.write(watch, this.placeOf(slot));
    this.habits[slot] = habits;
    this.heldTo[slot] = step;
    if (this.waits[slot]) this.lookAt[slot] = 0;
    this.waits[slot] = false;
    if (this.changedIn[slot] !== 0) return;
    this.changedIn[slot] = step;
    this.changedAt[slot] = now;
    this.changed.add(slot);
  }

  /** Takes in what is stored. False when it cannot be read: the key begins anew. */
  take(stored: StoredKey, step: number): boolean {
    const slot = this.slotOf(stored, step);
    const read = readBytes(stored.bytes, this.placeOf(slot));
    if (read === false) this.drop(slot);
    else this.habits[slot] = read.habits;
    this.heldTo[slot] = stored.step;
    this.lookAt[slot] = stored.look_at ?? 0;
    this.waits[slot] = stored.look_at !== null;
    return read !== false;
  }

  /** Whether what is remembered of a key holds what came in a step. */
  holds(key: KeyName, step: number): boolean {
    const slot = this.places.get(nameOf(key));
    return slot !== undefined && this.heldTo[slot]! >= step;
  }

  /** Marks keys as in use by a step: they keep their place. Returns those that are not here. */
  use(keys: readonly KeyName[], step: number): KeyName[] {
    const missing: KeyName[] = [];
    for (const key of keys) {
      const slot = this.places.get(nameOf(key));
      if (slot === undefined) missing.push(key);
      else this.usedIn[slot] = step;
    }
    return missing;
  }

  /**
   * Makes room for so many more keys, at the cost of those that no step used for longest, more or less. Returns those among them that must be
   * written down before anything else is; until then they are still here.
   */
  crowdedOut(more: number, step: number): number[] {
    let excess = Math.min(this.places.size, this.places.size + more - this.capacity);
    const unwritten: number[] = [];
    // Twice around: the first turn spares who was used since the hand passed last.
    for (let looked = 0; excess > 0 && looked < 2 * this.names.length; looked += 1) {
      const slot = this.hand;
      this.hand = (this.hand + 1) % this.names.length;
      if (this.names[slot] === undefined || this.usedIn[slot] === step) continue;
      if (this.usedIn[slot] !== 0) this.usedIn[slot] = 0;
      else {
        excess -= 1;
        if (this.changed.has(slot)) unwritten.push(slot);
        else this.drop(slot);
      }
    }
    return unwritten;
  }

  /** The keys changed first, at most so many. */
  oldest(most: number): number[] {
    const slots: number[] = [];
    for (const slot of this.changed) {
      if (slots.length >= most) break;
      slots.push(slot);
    }
    return slots;
  }

  /** How many were changed first before a moment. */
  changedBefore(moment: number): number {
    let count = 0;
    for (const slot of this.changed) {
      if (this.changedAt[slot]! >= moment) break;
      count += 1;
    }
    return count;
  }

  /** As they are to be stored. */
  stored(slots: readonly number[], step: number): StoredKey[] {
    return slots.map((slot) => ({ ...this.names[slot]!, bytes: bytesOf(this.placeOf(slot), this.habits[slot]), step, look_at: this.storedLook(slot) }));
  }

  /** They were written down. */
  wrote(slots: readonly number[]): void {
    for (const slot of slots) {
      this.changed.delete(slot);
      this.changedIn[slot] = 0;
    }
  }

  forget(slots: readonly number[]): void {
    for (const slot of slots) this.drop(slot);
  }

  /** The last step that all stored keys hold, when `step` was the last in which keys were changed. `but`: keys that are about to be written down. */
  writtenUpTo(step: number, but: ReadonlySet<number> = new Set()): number {
    for (const slot of this.changed) if (!but.has(slot)) return this.changedIn[slot]! - 1;
    return step;
  }

  /**
   * Goes through the keys whose silence is worth a look by an epoch minute. `judge` says when to look again; undefined: as soon as can be. A key
   * that called since it was looked at waits anew.
   */
  look(minute: number, judge: (silent: SilentKey) => number | undefined): void {
    for (const slot of this.places.values()) {
      if (this.lookAt[slot]! > minute) continue;
      const watch = this.table.read(this.placeOf(slot));
      const first = firstLook(watch);
      if (first <= minute) {
        const next = judge({ key: this.names[slot]!, nodes: this.habits[slot]?.nodes ?? [], watch });
        this.waits[slot] = next !== undefined;
        this.lookAt[slot] = next ?? first;
      } else if (first < Infinity) this.lookAt[slot] = first;
      // It may become busy; if it is gone, nobody need look again.
      else this.lookAt[slot] = minute - lastMinute(watch) > GONE_AFTER ? Infinity : minute + NOT_BUSY;
    }
  }

  /** How many keys, counted up to `most`, came last through a gateway ('': none that is known) and are busy enough for silence to say something. */
  keysThrough(workspace: string, node: string, most: number): number {
    let count = 0;
    for (const slot of this.places.values()) {
      if (this.lookAt[slot] === Infinity || this.names[slot]!.workspace_id !== workspace) continue;
      const nodes = this.habits[slot]?.nodes ?? [];
      if (node === '' ? nodes.length > 0 : !nodes.includes(node)) continue;
      if ((count += 1) >= most) break;
    }
    return count;
  }

  private storedLook(slot: number): number | null {
    const look = this.waits[slot] ? this.lookAt[slot]! : firstLook(this.table.read(this.placeOf(slot)));
    return Number.isFinite(look) ? look : null;
  }

  clear(): void {
    for (const list of [this.slabs, this.names, this.habits, this.changedIn, this.changedAt, this.heldTo, this.usedIn, this.lookAt, this.waits, this.free]) list.length = 0;
    this.places.clear();
    this.changed.clear();
    this.hand = 0;
  }

  private slotOf(key: KeyName, step: number): number {
    const { workspace_id, key_id } = key;
    const name = nameOf(key);
    let slot = this.places.get(name);
    if (slot === undefined) {
      slot = this.free.pop() ?? this.names.length;
      if (slot % KEYS_A_SLAB === 0 && slot === this.names.length) this.slabs.push(newSlab());
      this.places.set(name, slot);
      this.names[slot] = { workspace_id, key_id };
      this.changedIn[slot] = 0;
      this.changedAt[slot] = 0;
      this.lookAt[slot] = 0;
      this.waits[slot] = false;
    }
    this.usedIn[slot] = step;
    return slot;
  }

  private drop(slot: number): void {
    const name = this.names[slot];
    if (name === undefined) return;
    this.places.delete(nameOf(name));
    this.names[slot] = undefined;
    this.habits[slot] = undefined;
    this.changed.delete(slot);
    this.changedIn[slot] = 0;
    this.usedIn[slot] = 0;
    this.free.push(slot);
  }

  /** Valid until the next call. */
  private placeOf(slot: number): Place {
    const slab = this.slabs[Math.floor(slot / KEYS_A_SLAB)]!;
    this.place.floats = slab.floats;
    this.place.doubles = slab.doubles;
    this.place.floatsAt = (slot % KEYS_A_SLAB) * watchSize.floats;
    this.place.doublesAt = (slot % KEYS_A_SLAB) * watchSize.doubles;
    return this.place;
  }
}

const newSlab = (): Slab => ({ floats: new Float32Array(KEYS_A_SLAB * watchSize.floats), doubles: new Float64Array(KEYS_A_SLAB * watchSize.doubles) });
