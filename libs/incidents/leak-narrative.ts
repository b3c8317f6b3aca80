import type { KeyState } from '@keytrail/contracts';
import type { CredentialRecord } from '@keytrail/credentials';

/** What findings of leaked keys are filed under. */
export const LEAKED_KEY = 'leaked-key';

const dead: Record<Exclude<KeyState, 'active'>, string> = { revoked: 'revoked already', expired: 'expired already' };

export const leakTitle = (state: KeyState): string => (state === 'active' ? 'Leaked key' : `Leaked key, ${dead[state]}`);

interface LeakFacts {
  key: Pick<CredentialRecord, 'name' | 'revoked_at' | 'expires_at'>;
  state: KeyState;
  leak_id: string;
  source: string;
  proven: boolean;
  new_places: readonly { url: string; location: string }[];
}

/** One sentence for the timeline: what was found, by whom, where, and what that means. */
export function leakSummary({ key, state, leak_id, source, proven, new_places }: LeakFacts): string {
  const what = proven ? `the secret of ${key.name} was found by ${source}` : `${key.name} was named as leaked by ${source}; its secret was not presented`;
  const since = state === 'revoked' ? key.revoked_at : key.expires_at;
  const meaning = state === 'active' ? '' : `. The key was ${dead[state]}${since === null ? '' : `, at ${since.toISOString()}`}`;
  return `${what}${whereabouts(new_places)} (${leak_id})${meaning}`;
}

function whereabouts(places: LeakFacts['new_places']): string {
  const [first] = places;
  if (first === undefined) return '';
  const more = places.length === 1 ? '' : ` and ${places.length - 1} more ${places.length === 2 ? 'place' : 'places'}`;
  return `${first.location === '' ? '' : `, in ${first.location}`}${first.url === '' ? '' : `, at ${first.url}`}${more}`;
}
