import type { Severity } from '@keytrail/contracts';
import type { CallerActivity, FindingDraft, Rule } from '../types.js';
import { callersOf, plural, spanOf } from './activity.js';

export interface RevokedKeyUseInput {
  workspace_id: string;
  principal: string;
  /** What the registry says of the key. Times are epoch milliseconds. */
  key: { key_id: string; name: string; revoked_at: number | null; expires_at: number | null; replaced_by: string | null };
  activity: readonly CallerActivity[];
}

export interface RevokedKeyUseSettings {
  /** How long gateways may take to learn of a revocation, and how far their clocks may be off. Refused calls are not excused. */
  propagation_ms: number;
}

/** What a gateway says when it did not take the credential. `insufficient_scope` and the like judge a credential it did take. */
const credentialRefused = new Set(['malformed', 'checksum_mismatch', 'unknown_key', 'revoked', 'expired']);
const takenButLimited = new Set(['insufficient_scope', 'workspace_mismatch']);

export const revokedKeyUse: Rule<RevokedKeyUseInput, RevokedKeyUseSettings> = {
  id: 'revoked-key-use',
  title: 'Revoked or expired key used',
  severity: 'medium',
  fires: 'a key was used after it was revoked or expired; critical when the call was accepted, so the revocation did not take hold',
  why: 'A refused call means that someone still holds the key: an attacker, or a deployment that was forgotten. An accepted call means that '
    + 'the revocation did not take hold.',
  response: 'Accepted: find the gateway that still takes the key and make it ask again. Refused: tell the owner which deployment still '
    + 'holds the old key; if none does, look for the attacker\'s other traffic.',
  false_positives: 'A deployment that was forgotten goes on with the old key. That is right to know, and no attack: its address and user agent are the usual ones.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id, or the key\'s fingerprint', 'status or outcome', 'registry: revoked_at, expires_at'],
  incident: 'opens',
  settings: { propagation_ms: 1000 },
  decide(input, settings) {
    const { key, activity } = input;
    const uses = activity.map((group) => useOf(group, key, settings)).filter((use) => use !== null);
    return (['revoked', 'expired'] as const).flatMap((end) => (['accepted', 'refused'] as const).flatMap((fate) => {
      const these = uses.filter((use) => use.end === end && use.fate === fate);
      return these.length === 0 ? [] : [draftOf(input, end, fate, these)];
    }));
  },
};

interface Use { end: 'revoked' | 'expired'; ended_at: number; fate: 'accepted' | 'refused'; group: CallerActivity }

/** The part of a group that came after the key's end. Of a group that straddles it only the last request is known to be later. */
function useOf(group: CallerActivity, key: RevokedKeyUseInput['key'], settings: RevokedKeyUseSettings): Use | null {
  const fate = wasAccepted(group) ? 'accepted' : 'refused';
  const excused = fate === 'accepted' ? settings.propagation_ms : 0;
  const later = (end: number | null): end is number => end !== null && group.last_time > end + excused;
  const end = later(key.revoked_at) ? 'revoked' : later(key.expires_at) ? 'expired' : null;
  if (end === null) return null;
  const ended_at = (end === 'revoked' ? key.revoked_at : key.expires_at)!;
  if (group.first_time > ended_at + excused) return { end, ended_at, fate, group };
  return {
    end, ended_at, fate,
    group: {
      ...group, requests: 1, first_time: group.last_time,
      request_ids: group.requests <= group.request_ids.length ? group.request_ids.slice(-1) : [],
    },
  };
}

/**
 * `authorised`: yes. `error`: it failed further on, so the credential had passed. `forbidden`: only when the reason says that a
 * credential was taken and its scope judged, since many gateways answer 403 to a bad key. `rate_limited` proves nothing: limiters
 * stand before authentication as well, and a client hammering with a dead key meets them.
 */
function wasAccepted({ outcome, refusal_reason }: CallerActivity): boolean {
  if (credentialRefused.has(refusal_reason)) return false;
  return outcome === 'authorised' || outcome === 'error' || (outcome === 'forbidden' && takenButLimited.has(refusal_reason));
}

function draftOf({ workspace_id, principal, key }: RevokedKeyUseInput, end: Use['end'], fate: Use['fate'], uses: Use[]): FindingDraft {
  const groups = uses.map((use) => use.group);
  const requests = groups.reduce((total, group) => total + group.requests, 0);
  const span = spanOf(groups)!;
  const callers = callersOf(groups);
  const where = callers.addresses.length > 0 ? ` from ${plural(callers.addresses.length, 'address')}` : '';
  const successor = key.replaced_by === null ? '' : `; it was replaced by ${key.replaced_by}`;
  return {
    rule_id: revokedKeyUse.id,
    severity: severityOf(end, fate, groups),
    title: fate === 'accepted' ? `A key was accepted after it ${end === 'revoked' ? 'was revoked' : 'expired'}`
      : `A key was tried after it ${end === 'revoked' ? 'was revoked' : 'expired'}`,
    workspace_id, key_id: key.key_id, principal,
    addresses: callers.addresses,
    ...span,
    summary: `${plural(requests, 'call')}${where} with ${key.name} ${requests === 1 ? 'was' : 'were'} ${fate}, the last`
      + ` ${duration(span.last_seen - uses[0]!.ended_at)} after the key ${end === 'revoked' ? 'was revoked' : 'expired'}${successor}`,
    evidence: { ...callers, counts: { requests, [fate]: requests, addresses: callers.addresses.length } },
    episode: `${key.key_id}:${end}:${fate}`,
  };
}

/** An accepted call is critical once it surely got through. A late expiry is a gap as well, but nobody was locked out on purpose. */
function severityOf(end: Use['end'], fate: Use['fate'], groups: readonly CallerActivity[]): Severity {
  if (fate === 'refused') return end === 'revoked' ? 'medium' : 'low';
  return end === 'revoked' && groups.some((group) => group.outcome !== 'error') ? 'critical' : 'high';
}

function duration(ms: number): string {
  const [size, unit] = ([[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1000, 'second']] as const)
    .find(([least]) => ms >= least) ?? [1, 'millisecond'];
  return plural(Math.floor(ms / size), unit);
}
