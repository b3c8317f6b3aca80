import type { CallerActivity, Rule } from '../types.js';
import { callersOf, isDenied, plural, requestsOf, spanOf } from './activity.js';
import { round } from './figures.js';
import { runsOf } from './windows.js';

export interface DeniedBurstInput {
  workspace_id: string;
  key_id: string;
  principal: string;
  /** The minutes to judge and, before them, as many as the window needs. Minutes without requests may be left out. */
  minutes: readonly { minute: number; requests: number; denied: number }[];
  /** All that is known of the key before those minutes. */
  prior: { requests: number; denied: number };
  activity: readonly CallerActivity[];
}

export interface DeniedBurstSettings {
  window_minutes: number;
  min_denied: number;
  /** How many times the usual share of denied calls. */
  min_ratio: number;
  /** How far above it, in standard deviations. */
  min_score: number;
}

/** What a key is believed to do before anything is known of it: 1 denied call in 50. */
const BELIEF = { requests: 50, denied: 1 };
const MINUTE = 60_000;

export const deniedBurst: Rule<DeniedBurstInput, DeniedBurstSettings> = {
  id: 'denied-burst',
  title: 'Burst of unauthorised or forbidden calls',
  severity: 'high',
  fires: '20 or more calls of a key were refused (401, 403) within 5 minutes, at least 3 times its usual share',
  why: 'Whoever finds a key tries what it opens. What it does not open is refused, far more often than its owner ever asks for it.',
  response: 'See which routes were refused and from where. If the owner did not change a deployment or a scope, revoke and replace the key.',
  false_positives: 'A deployment with a wrong key or a missing scope: all refused calls come from the usual callers, on routes they always use.',
  attack: 'T1526 Cloud Service Discovery',
  fields: ['key_id', 'status or outcome'],
  incident: 'opens',
  settings: { window_minutes: 5, min_denied: 20, min_ratio: 3, min_score: 5 },
  decide(input, settings) {
    const usual = { requests: input.prior.requests + BELIEF.requests, denied: input.prior.denied + BELIEF.denied };
    const share = usual.denied / usual.requests;
    return runsOf(input.minutes, settings.window_minutes, (window) => {
      const { requests, denied } = sum(window);
      if (denied < settings.min_denied || denied < settings.min_ratio * share * requests) return 0;
      const score = shareScore({ requests, denied }, usual);
      return score >= settings.min_score ? score : 0;
    }).map((run) => {
      const { requests, denied } = sum(run.peak);
      const all = sum(run.items);
      const first = run.items[0]!.minute;
      const last = run.items.at(-1)!.minute;
      const refused = input.activity.filter((group) => isDenied(group) && group.minute >= first && group.minute <= last);
      const callers = callersOf(refused);
      return {
        rule_id: deniedBurst.id,
        severity: deniedBurst.severity,
        title: deniedBurst.title,
        workspace_id: input.workspace_id,
        key_id: input.key_id,
        principal: input.principal,
        addresses: callers.addresses,
        ...(spanOf(refused) ?? { first_seen: first * MINUTE, last_seen: (last + 1) * MINUTE - 1 }),
        summary: `${denied} of ${plural(requests, 'call')} in ${plural(settings.window_minutes, 'minute')} were refused (${percent(denied / requests)}`
          + ` where ${percent(share)} is usual)${callers.addresses.length > 0 ? `, from ${plural(callers.addresses.length, 'address')}` : ''}`,
        evidence: {
          ...callers,
          counts: {
            requests: all.requests, denied: all.denied,
            unauthorised: requestsOf(refused.filter((group) => group.outcome === 'unauthorised')),
            forbidden: requestsOf(refused.filter((group) => group.outcome === 'forbidden')),
          },
          expected: round(requests * share), seen: denied, window_minutes: settings.window_minutes, score: round(run.score),
        },
        episode: input.key_id,
      };
    });
  },
};

type Calls = { requests: number; denied: number };

const sum = (minutes: readonly Calls[]): Calls => minutes.reduce((total, { requests, denied }) => (
  { requests: total.requests + requests, denied: total.denied + denied }), { requests: 0, denied: 0 });

/**
 * How far the share of denied calls lies above the usual one: signed root of the likelihood ratio of two proportions. It weighs how
 * little is known of either.
 */
function shareScore(now: Calls, usual: Calls): number {
  const pooled = (now.denied + usual.denied) / (now.requests + usual.requests);
  const gain = ({ requests, denied }: Calls) =>
    term(denied, requests * pooled) + term(requests - denied, requests * (1 - pooled));
  const score = Math.sqrt(Math.max(0, 2 * (gain(now) + gain(usual))));
  return now.denied * usual.requests >= usual.denied * now.requests ? score : -score;
}

const term = (seen: number, expected: number): number => (seen > 0 ? seen * Math.log(seen / expected) : 0);
const percent = (share: number): string => `${share < 0.1 ? Number((share * 100).toPrecision(2)) : Math.round(share * 100)} %`;
