import { bareCredential } from '../presented-key.js';

/** The first of what a caller presented that is a credential; undefined when none is. Goes into `key`, which is never stored. */
export function firstCredential(...presented: unknown[]): string | undefined {
  for (const value of presented) {
    if (typeof value === 'string' && value.length <= 4096 && bareCredential(value) !== '') return value;
  }
  return undefined;
}
