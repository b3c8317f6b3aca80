import { Injectable } from '@nestjs/common';
import { templateOf } from './habits.js';
import { ObjectUseStore } from './object-use.store.js';
import { objectEnumeration, type ObjectEnumerationInput } from './rules/index.js';
import type { CallerActivity } from './types.js';
import type { MinuteCount } from './watch.js';
import type { KeyName } from './key-name.js';

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

const MOST_KEYS = 50_000;
/** Keys that are looked into at most, each slice; the rest with the next. */
const LOOKS_A_SLICE = 20;
const MINUTE = 60_000;
/** What a key usually does is read again after this long. */
const USUAL_MINUTES = 24 * 60;

/**
 * Finds keys that may be walking through objects and reads what they called. A key can have called so many objects only with as many requests:
 * others cost nothing. In memory and bounded; after a restart keys are looked into once more.
 */
@Injectable()
export class ObjectWalks {
  private readonly keys = new Map<string, LookedInto>();
  private looks = 0;

  constructor(private readonly store: ObjectUseStore) {}

  beginSlice(): void {
    this.looks = 0;
  }

  /** What a key called, when it may be too much. `recent`: its last minutes. */
  async look(key: KeyName, activity: readonly CallerActivity[], recent: readonly MinuteCount[], settings = objectEnumeration.settings): Promise<Pick<ObjectEnumerationInput, 'called' | 'usual'> | null> {
    const to = activity.reduce((last, group) => Math.max(last, group.last_time), -Infinity);
    const minute = Math.floor(to / MINUTE);
    const within = recent.reduce((sum, count) => (count.minute > minute - settings.window_minutes && count.minute <= minute ? sum + count.requests : sum), 0);
    if (within < settings.min_objects || !activity.some(hasObjects)) return null;
    const name = `${key.workspace_id} ${key.key_id}`;
    const known = this.keys.get(name);
    if (known !== undefined) {
      known.requests += activity.reduce((sum, group) => sum + group.requests, 0);
      if (within < settings.min_ratio * (known.usual ?? 0)) return null;
      if (minute - known.minute < settings.window_minutes && (known.requests < known.wanted || (known.is_far && minute === known.minute))) return null;
    }
    if (this.looks >= LOOKS_A_SLICE) return null;
    this.looks += 1;
    const from = to - settings.window_minutes * MINUTE;
    const usual = known !== undefined && minute - known.usual_at < USUAL_MINUTES ? known
      : { usual: await this.store.usual(key, from, settings.window_minutes), usual_at: minute };
    const called = await this.store.called(key, from, to);
    const objects = called.reduce((sum, { paths }) => sum + paths.length, 0);
    const bar = Math.max(settings.min_objects, settings.min_ratio * (usual.usual ?? 0));
    this.keys.delete(name);
    this.keys.set(name, { minute, requests: 0, wanted: Math.max(1, bar - objects), is_far: objects * 2 < bar, usual: usual.usual, usual_at: usual.usual_at });
    if (this.keys.size > MOST_KEYS) this.keys.delete(this.keys.keys().next().value as string);
    return { called, usual: usual.usual };
  }
}

/** Routes with a place for an id, names of routes, which do not tell, or paths with an id in them. */
const hasObjects = ({ routes }: CallerActivity): boolean => routes.some((route) => !route.startsWith('/') || /[{:*<]/.test(route) || templateOf(route) !== route);
