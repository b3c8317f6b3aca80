import { Injectable } from '@nestjs/common';
import { templateOf } from './habits.js';
import { ObjectUseStore } from './object-use.store.js';
import { objectEnumeration, type ObjectEnumerationInput, type ObjectEnumerationSettings } from './rules/index.js';
import type { CallerActivity } from './types.js';
import type { MinuteCount } from './watch.js';
import { nameOf, type KeyName } from './key-name.js';
import { groupBy } from './slices.js';

/** What is known of a key's objects, so that it is not looked into before it can have called enough of them. */
interface LookedInto {
  /** Epoch minute of the last look. */
  minute: number;
  /** Requests since. */
  requests: number;
  /** More of them are needed until the next look. */
  wanted: number;
  /** It was far from too much: there is time until the next minute. */
  is_far: boolean;
  usual: number | null;
  usual_at: number;
}

/** A key that is to be looked into: what it called from one moment to another, epoch milliseconds. */
export interface ObjectLook extends KeyName {
  name: string;
  from: number;
  to: number;
  settings: ObjectEnumerationSettings;
}

/** What it called, and what is usual for it. */
export type LookedAt = Pick<ObjectEnumerationInput, 'called' | 'usual'>;

const MOST_KEYS = 50_000;
/** Keys that are looked into at most, each slice; the rest with the next. */
const LOOKS_A_SLICE = 20;
const MINUTE = 60_000;
/** What a key usually does is read again after this long. */
const USUAL_MINUTES = 24 * 60;

/**
 * Finds keys that may be walking through objects and reads what they called, of all of a slice at once. A key can have called so many objects only with as
 * many requests: others cost nothing. In memory and bounded; after a restart keys are looked into once more.
 */
@Injectable()
export class ObjectWalks {
  private readonly keys = new Map<string, LookedInto>();
  private looks = 0;

  constructor(private readonly store: ObjectUseStore) {}

  beginSlice(): void {
    this.looks = 0;
  }

  /** Whether a key may have called too much, and has to be looked into. `recent`: its last minutes. */
  lookFor(key: KeyName, activity: readonly CallerActivity[], recent: readonly MinuteCount[], settings = objectEnumeration.settings): ObjectLook | null {
    let to = -Infinity;
    for (const { last_time } of activity) if (last_time > to) to = last_time;
    const minute = Math.floor(to / MINUTE);
    let within = 0;
    for (const count of recent) if (count.minute > minute - settings.window_minutes && count.minute <= minute) within += count.requests;
    if (within < settings.min_objects || !activity.some(hasObjects)) return null;
    const name = nameOf(key);
    const known = this.keys.get(name);
    if (known !== undefined) {
      for (const { requests } of activity) known.requests += requests;
      if (within < settings.min_ratio * (known.usual ?? 0)) return null;
      if (minute - known.minute < settings.window_minutes && (known.requests < known.wanted || (known.is_far && minute === known.minute))) return null;
    }
    if (this.looks >= LOOKS_A_SLICE) return null;
    this.looks += 1;
    return { workspace_id: key.workspace_id, key_id: key.key_id, name, from: to - settings.window_minutes * MINUTE, to, settings };
  }

  /** What the keys called and what is usual for them, in their order. */
  async look(looks: readonly ObjectLook[]): Promise<LookedAt[]> {
    const isFresh = ({ name, to }: ObjectLook) => Math.floor(to / MINUTE) - (this.keys.get(name)?.usual_at ?? -Infinity) < USUAL_MINUTES;
    const unknown = looks.filter((look) => !isFresh(look));
    const usualOf = new Map<ObjectLook, number | null>();
    for (const some of groupBy(unknown, ({ settings }) => String(settings.window_minutes)).values()) {
      const found = await this.store.usual(some, some[0]!.settings.window_minutes);
      some.forEach((look, index) => usualOf.set(look, found[index]!));
    }
    const called = await this.store.called(looks);
    return looks.map((look, index) => {
      const before = this.keys.get(look.name);
      const minute = Math.floor(look.to / MINUTE);
      const isRead = usualOf.has(look);
      const usual = isRead ? usualOf.get(look)! : before?.usual ?? null;
      this.note(look, { minute, usual, usual_at: isRead ? minute : before?.usual_at ?? minute }, called[index]!);
      return { called: called[index]!, usual };
    });
  }

  private note({ name, settings }: ObjectLook, now: Pick<LookedInto, 'minute' | 'usual' | 'usual_at'>, called: LookedAt['called']): void {
    const objects = called.reduce((sum, { paths }) => sum + paths.length, 0);
    const bar = Math.max(settings.min_objects, settings.min_ratio * (now.usual ?? 0));
    this.keys.delete(name);
    this.keys.set(name, { ...now, requests: 0, wanted: Math.max(1, bar - objects), is_far: objects * 2 < bar });
    if (this.keys.size > MOST_KEYS) this.keys.delete(this.keys.keys().next().value as string);
  }
}

/** Routes with a place for an id, names of routes, which do not tell, or paths with an id in them. */
const hasObjects = ({ routes }: CallerActivity): boolean => routes.some((route) => !route.startsWith('/') || /[{:*<]/.test(route) || templateOf(route) !== route);
