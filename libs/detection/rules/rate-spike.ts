import type { Verdict } from '../baseline/verdict.js';
import type { CallerActivity, Rule } from '../types.js';
import { busiestAddresses, callersOf, EVIDENCE_LIMIT, plural, requestsOf, spanOf } from './activity.js';
import { figure, round } from './figures.js';
import { networkOf } from './network.js';

export interface RateSpikeInput {
  workspace_id: string;
  key_id: string;
  principal: string;
  verdict: Verdict;
  /** The key's activity within the verdict's window. */
  activity: readonly CallerActivity[];
  /** Networks (as of `networkOf`) the key was seen from before the episode; null when that is not known. */
  known_networks: readonly string[] | null;
}

export interface RateSpikeSettings {
  /** New callers are held responsible when they made at least this share of what is above normal. */
  new_caller_share: number;
}

const MINUTE = 60_000;

export const rateSpike: Rule<RateSpikeInput, RateSpikeSettings> = {
  id: 'rate-spike',
  title: 'Request rate far above what this key does at this hour',
  severity: 'medium',
  fires: 'requests of a key over 1, 2, 5, 15 or 60 minutes lie far above what the key does at this hour; high when networks it was never seen from make at least half of the excess',
  why: 'A stolen key is mostly noticed by how much it is used: its new holder lists, copies or resells in bulk.',
  response: 'Look at the addresses that make up the excess. If the owner does not know them, revoke and replace the key.',
  false_positives: 'A launch, a backfill or a load test. The finding says which callers make the excess: the usual ones speak for the owner\'s own doing.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'time'],
  incident: 'opens',
  settings: { new_caller_share: 0.5 },
  decide(input, settings) {
    const { verdict, activity } = input;
    if (!verdict.spike || verdict.episode === null) return [];
    const excess = verdict.seen - verdict.expected;
    const fresh = fromNewNetworks(activity, input.known_networks);
    const fromNew = requestsOf(fresh);
    const newcomers = fromNew > 0 && fromNew >= settings.new_caller_share * excess;
    const responsible = newcomers ? busiestAddresses(fresh) : thoseWhoMakeUp(busiestAddresses(activity), excess);
    const span = spanOf(activity) ?? { first_seen: verdict.minute * MINUTE, last_seen: (verdict.minute + 1) * MINUTE - 1 };
    const callers = callersOf(newcomers ? fresh : activity);
    const first_seen = spanOf(newcomers ? fresh : inHighMinute(activity, verdict.minute, responsible))?.first_seen ?? verdict.minute * MINUTE;
    return [{
      rule_id: rateSpike.id,
      severity: newcomers ? 'high' : rateSpike.severity,
      title: rateSpike.title,
      workspace_id: input.workspace_id,
      key_id: input.key_id,
      principal: input.principal,
      addresses: responsible.slice(0, EVIDENCE_LIMIT).map(([address]) => address),
      first_seen,
      last_seen: Math.max(first_seen, span.last_seen),
      summary: summaryOf(verdict, responsible, newcomers),
      evidence: {
        ...callers,
        counts: {
          requests: verdict.seen, above_expected: round(excess), addresses: busiestAddresses(activity).length,
          requests_from_new_networks: fromNew, peak_score: round(verdict.episode.peak_score),
        },
        expected: round(verdict.expected), seen: verdict.seen, window_minutes: verdict.window_minutes, score: round(verdict.score),
      },
      episode: input.key_id,
    }];
  },
};

function fromNewNetworks(activity: readonly CallerActivity[], known: readonly string[] | null): CallerActivity[] {
  if (known === null) return [];
  const networks = new Set(known);
  return activity.filter(({ address }) => address !== '' && !networks.has(networkOf(address)));
}

/** The busiest callers that together account for the excess. */
function thoseWhoMakeUp(callers: readonly [string, number][], excess: number): [string, number][] {
  let sum = 0;
  return callers.filter(([, requests]) => {
    const needed = sum < excess;
    sum += requests;
    return needed;
  });
}

/**
 * What the responsible did in the minute that is too high. The window began up to an hour before, with what was still normal; a draft for
 * each high minute and their union make the finding begin with the first of them.
 */
function inHighMinute(activity: readonly CallerActivity[], minute: number, responsible: FindingCallers): CallerActivity[] {
  const blamed = new Set(responsible.map(([address]) => address));
  return activity.filter((group) => group.minute === minute && (blamed.size === 0 || blamed.has(group.address)));
}

function summaryOf(verdict: Verdict, responsible: FindingCallers, newcomers: boolean): string {
  const { seen, expected } = verdict;
  const times = expected >= 0.05 ? ` (${figure(seen / expected)}x)` : '';
  const rate = `${plural(seen, 'request')} in ${plural(verdict.window_minutes, 'minute')} where ${figure(expected)} were expected${times}`;
  if (responsible.length === 0) return rate;
  const part = responsible.reduce((sum, [, requests]) => sum + requests, 0);
  return `${rate}, ${part} of them from ${plural(responsible.length, 'address')}${newcomers ? ' never seen before' : ''}`;
}

type FindingCallers = readonly [string, number][];
