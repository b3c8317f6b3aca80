import { createHash } from 'node:crypto';
import type { GithubLeakReport, ReportLeak } from '@keytrail/contracts';

export interface Place {
  url: string;
  /** What it was found in: `commit`, `paste`. */
  location: string;
}

/** One secret of a report, or one key that it names. What is said of it is as it came: {@link cleanLine} before it is kept. */
export interface LeakItem {
  /** Never kept. */
  presented: { token: string } | { key_id: string };
  type: string;
  place: Place;
}

/** Places kept of one key in one report. */
export const MOST_PLACES = 100;

const CONTROL = /[\u0000-\u001f\u007f]+/g;
/** Secrets are looked for in so much, before the text is cut to what is kept: half a secret is harder to tell. */
const LOOKED_AT = 8_192;

/** One line of printable text without secrets: what senders write is theirs to choose, not theirs to break a listing with. */
export const cleanLine = (text: string, max: number, withoutSecrets: (text: string) => string): string =>
  withoutSecrets(text.slice(0, LOOKED_AT).replaceAll(CONTROL, ' ').trim()).slice(0, max);

export const itemsOfGithub = (report: GithubLeakReport): LeakItem[] =>
  report.map(({ token, type, url, source }) => ({ presented: { token }, type, place: { url: url ?? '', location: source ?? '' } }));

/** What an item does not say of its place, the report says for all. */
export const itemsOfReport = (report: ReportLeak): LeakItem[] => report.items.map(({ url = report.url, location = report.location, ...named }) => ({
  presented: 'token' in named ? { token: named.token } : { key_id: named.key_id }, type: '', place: { url: url ?? '', location: location ?? '' },
}));

/** Tells what is presented apart. */
export const nameOf = ({ presented }: LeakItem): string => ('token' in presented ? `token ${presented.token}` : `key ${presented.key_id}`);

/** Adds a place, if it says anything that is not there yet and there is room. */
export function addPlace(places: Place[], { url, location }: Place): void {
  if (places.length >= MOST_PLACES || (url === '' && location === '')) return;
  if (!places.some((known) => known.url === url && known.location === location)) places.push({ url, location });
}

/** Tells places apart. */
export const placeDigest = ({ url, location }: Place): string => createHash('sha256').update(JSON.stringify([url, location])).digest('hex');

/** As GitHub wants tokens named that it should not be sent back. */
export const tokenHash = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
