import { severityRank, type AffectedKey, type Finding, type NewCallersConduct, type SuggestedAction } from '@keytrail/contracts';
import { kindRules } from '@keytrail/credentials';
import type { IncidentRow } from './incident.store.js';
import { firstOf } from './narrative.js';

export interface StoryFacts {
  incident: Pick<IncidentRow, 'first_seen' | 'last_seen' | 'owner_name' | 'owner_contact' | 'new_addresses' | 'agents' | 'state' | 'contained_at'>;
  now: Date;
  /** null where all callers are known. */
  new_callers: NewCallersConduct | null;
  ownerLeft: boolean;
  /** Whom to ask after the owner. */
  escalation: readonly { name: string; contact: string }[];
  /** Those shown; `findings` counts all. */
  evidence: readonly Finding[];
  findings: number;
  keys: readonly AffectedKey[];
  actions: readonly SuggestedAction[];
}

const MOST_TOLD = 5;

/** What happened, to whose key, how it stands and what to do first: sentences for somebody who was just woken. Every number in it is in the evidence. */
export function tellStory(facts: StoryFacts): string[] {
  return [when(facts), ...what(facts), ...fromWhere(facts), ...whose(facts), ...standing(facts), ...next(facts)];
}

function when({ incident: { first_seen, last_seen, state }, keys, evidence, now }: StoryFacts): string {
  const [first, ...others] = keys;
  const callers = evidence.some(({ addresses }) => addresses.length > 0);
  const subject = first === undefined ? `This is about ${callers ? 'a caller, not about one key' : 'no one key or caller'}` : `This is about the ${nounOf(first)} ${nameOf(first)}${others.length === 0 ? '' : ` and ${counted(others.length, 'more key')}`}`;
  const duration = last_seen.getTime() - first_seen.getTime();
  const goesOn = state !== 'resolved' && state !== 'false_positive' && now.getTime() - last_seen.getTime() < GOES_ON_MS;
  const lasted = goesOn ? `still goes on, last seen at ${clock(last_seen)}`
    : duration < MINUTE ? 'lasted less than a minute' : `went on for ${lengthOf(duration)}, last seen at ${clock(last_seen)}`;
  return `${subject}. It began at ${clock(first_seen)} and ${lasted}.`;
}

function what({ evidence, findings }: StoryFacts): string[] {
  const gravestFirst = [...evidence].sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || (a.first_seen < b.first_seen ? -1 : 1));
  const told = gravestFirst.slice(0, MOST_TOLD).map(({ title, summary, severity }) => `${title} (${severity}): ${summary}.`);
  const more = findings - told.length;
  return more > 0 ? [...told, `${counted(more, 'more finding')} in the evidence.`] : told;
}

function fromWhere({ incident: { new_addresses, agents }, evidence, new_callers }: StoryFacts): string[] {
  if (new_addresses.length === 0) {
    const known = new Set(evidence.flatMap(({ addresses }) => addresses));
    return known.size === 0 ? [] : [known.size === 1 ? 'Its caller was seen with the key before: ask the owner first.' : 'All its callers were seen with the key before: ask the owner first.'];
  }
  const countries = [...new Set(evidence.flatMap((finding) => finding.evidence.countries ?? []))].filter((country) => country !== '');
  const places = countries.length === 0 ? '' : ` (${firstOf(countries)})`;
  const calling = agents.length === 0 ? '' : `, calling ${new_addresses.length === 1 ? 'itself' : 'themselves'} ${firstOf(agents)}`;
  return [`${new_addresses.length === 1 ? 'One caller was' : `${new_addresses.length} callers were`} not seen with the key before: ${firstOf(new_addresses)}${places}${calling}.`, ...doings(new_callers)];
}

/** What they got is what counts: a key that opens nothing has done no harm yet. */
function doings(conduct: NewCallersConduct | null): string[] {
  if (conduct === null || conduct.requests === 0) return [];
  const { requests, accepted, refused, failed, bytes_out, accepted_routes } = conduct;
  const parts = [`${accepted} accepted`, `${refused} refused`, ...(failed > 0 ? [`${failed} failed`] : [])];
  const bytes = bytes_out > 0 ? `, and the answers held ${sizeOf(bytes_out)}` : '';
  const most = accepted === 0 ? '' : ` Most of what was accepted went to ${firstOf(accepted_routes)}${bytes}.`;
  return [`From there came ${requests === 1 ? 'one call' : `${requests} calls`}: ${parts.join(', ')}.${most}`];
}

const sizeOf = (bytes: number): string => (bytes < 1e3 ? `${bytes} bytes` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

function whose({ incident: { owner_name, owner_contact }, keys, ownerLeft, escalation }: StoryFacts): string[] {
  if (owner_name === null) return keys.length === 0 ? [] : ['Nobody is known to own it.'];
  const owners = new Set(keys.flatMap(({ owner }) => owner?.owner_id ?? []));
  const others = owners.size > 1 ? ` The keys have ${owners.size} owners.` : '';
  const [next] = escalation;
  const after = next === undefined ? '' : ` ${ownerLeft ? 'Call' : 'Without an answer, call'} ${next.name} at ${next.contact}.`;
  if (ownerLeft) return [`${owner_name} owns it and has left.${next === undefined ? ' Nobody is named to be asked instead.' : after}${others}`];
  return [`${owner_name} owns it${owner_contact === null ? '' : `, to be reached at ${owner_contact}`}.${after}${others}`];
}

function standing({ keys, incident: { state, contained_at } }: StoryFacts): string[] {
  const told: string[] = [];
  const alive = keys.filter((key) => key.state === 'active');
  const unknown = keys.filter((key) => key.state === null);
  const dead = keys.length - alive.length - unknown.length;
  if (alive.length > 0) told.push(`${sentence(alive)} not revoked yet: whoever holds ${alive.length === 1 ? 'it' : 'them'} can go on.`);
  if (unknown.length > 0) told.push(`${sentence(unknown)} not in the registry: ${unknown.length === 1 ? 'it' : 'they'} must be disabled where ${unknown.length === 1 ? 'it was' : 'they were'} issued.`);
  if (dead > 0) told.push(`${dead === keys.length && dead === 1 ? 'It is' : `${counted(dead, 'key')} ${dead === 1 ? 'is' : 'are'}`} revoked or expired.`);
  if (state === 'contained' && contained_at !== null) told.push(`It was contained at ${clock(contained_at)}; the containment's proof says whether gateways refuse the old key.`);
  return told;
}

function next({ incident: { state }, actions: [first] }: StoryFacts): string[] {
  if (first === undefined || state === 'resolved' || state === 'false_positive') return [];
  return [`First thing to do: ${first.title}. ${first.why}`];
}

const sentence = (keys: readonly AffectedKey[]): string => `${firstOf(keys.map(nameOf))} ${keys.length === 1 ? 'is' : 'are'}`;
const nameOf = ({ name, key_id }: AffectedKey): string => name || key_id;
const nounOf = ({ kind }: AffectedKey): string => (kind in kindRules ? kindRules[kind as keyof typeof kindRules].noun : 'key');
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const MINUTE = 60_000;
/** What was seen so lately may not be over. */
const GOES_ON_MS = 5 * MINUTE;
const HOUR = 60 * MINUTE;

/** `2026-03-01 12:05 UTC`. */
const clock = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function lengthOf(milliseconds: number): string {
  if (milliseconds < 2 * HOUR) return counted(Math.round(milliseconds / MINUTE), 'minute');
  return milliseconds < 48 * HOUR ? counted(Math.round(milliseconds / HOUR), 'hour') : counted(Math.round(milliseconds / (24 * HOUR)), 'day');
}
