import { createHash } from 'node:crypto';
import type { GithubLeakReport, ReportLeak } from '@keytrail/contracts';

export interface Place {
  url: string;
  /** What it was found in: `commit`, `paste`. */
  location: string;
}

/** One secret of a report, or one key that it names, with every place it gives for it. */
export interface LeakItem {
  /** Distinguishes items: the secret or the id. Never kept. */
  presented: { token: string } | { key_id: string };
  type: string;
  places: Place[];
}

/** Places kept of one key in one report. */
export const MOST_PLACES = 100;

const CONTROL = /[\u0000-\u001f\u007f]+/g;
/** One line of printable text; what senders of other formats write is theirs to choose, not theirs to break a listing with. */
const lineOf = (text: string, max: number) => text.replaceAll(CONTROL, ' ').trim().slice(0, max);

type Clean = (text: string) => string;

/** The items of a report of GitHub. `clean` takes secrets out of text that is kept. */
export const itemsOfGithub = (report: GithubLeakReport, clean: Clean): LeakItem[] => merged(report.map(({ token, type, url, source }) => ({
  presented: { token }, type: clean(lineOf(type, 120)), places: placesOf(url ?? '', source ?? '', clean),
})));

/** The items of a report of a person or another scanner. What an item does not say of its place, the report says for all. */
export const itemsOfReport = (report: ReportLeak, clean: Clean): LeakItem[] => merged(report.items.map(({ url = report.url, location = report.location, ...named }) => ({
  presented: 'token' in named ? { token: named.token } : { key_id: named.key_id }, type: '', places: placesOf(url ?? '', location ?? '', clean),
})));

function placesOf(url: string, location: string, clean: Clean): Place[] {
  const place = { url: clean(lineOf(url, 2_000)), location: clean(lineOf(location, 120)) };
  return place.url === '' && place.location === '' ? [] : [place];
}

/** How an item is told from others. */
export const nameOf = ({ presented }: LeakItem): string => ('token' in presented ? `token ${presented.token}` : `key ${presented.key_id}`);

function merged(items: readonly LeakItem[]): LeakItem[] {
  const byName = new Map<string, LeakItem>();
  for (const item of items) {
    const known = byName.get(nameOf(item));
    if (known === undefined) byName.set(nameOf(item), item);
    else addPlaces(known.places, item.places);
  }
  return [...byName.values()];
}

/** Adds those that are not there yet, as long as there is room. */
export function addPlaces(places: Place[], more: readonly Place[]): void {
  for (const place of more) {
    if (places.length >= MOST_PLACES) return;
    if (!places.some(({ url, location }) => url === place.url && location === place.location)) places.push(place);
  }
}

/** Tells places apart. */
export const placeDigest = ({ url, location }: Place): string => createHash('sha256').update(JSON.stringify([url, location])).digest('hex');

/** As GitHub wants tokens named that it should not be sent back. */
export const tokenHash = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
