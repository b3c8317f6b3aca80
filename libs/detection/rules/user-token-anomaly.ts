import type { CallerActivity, EventRule, KeyInput } from '../types.js';
import { distinct, plural, requestsOf } from './activity.js';
import { keyDraft, named, signsNamed } from './draft.js';
import { runsOf } from './windows.js';

export interface UserTokenAnomalySettings {
  window_minutes: number;
  /** Refused tokens that look forged, within the window. */
  min_forged: number;
}

/** Refusals that an honest client does not meet: of expired tokens and clocks nothing is said. */
const FORGED = new Set(['user_token_algorithm', 'user_token_bad_signature', 'user_token_unknown_signer', 'user_token_signer_revoked']);
const WRONG = { 'token-alg': 'signed with', 'token-expired': 'expired and', 'token-long': 'valid for seconds:', 'token-entity-type': 'of the entity type' } as const;

export const userTokenAnomaly: EventRule<KeyInput, UserTokenAnomalySettings> = {
  id: 'user-token-anomaly',
  title: 'User tokens that should not exist',
  severity: 'high',
  fires: 'a user token was taken that is not ES256, expired, lives for more than an hour or is not a subscriber\'s (high); or 10 within 10 minutes were refused as forged (medium)',
  why: 'Such a token was made by somebody else, or by a service that does not keep to the rules. Accepted, it means that a gateway does not check.',
  response: 'Find the gateway that took it. Of forged ones, look at the caller: a known kid with a wrong signature means that somebody tries.',
  false_positives: 'A signing key that was replaced while clients still use tokens of the old one: refused as of an unknown or revoked signer, for up to an hour.',
  attack: 'T1606.001 Forge Web Credentials',
  fields: ['key_id', 'attributes.jwt_alg, jwt_iat, jwt_exp, jwt_entity_type, or the refusal reason', 'status or outcome'],
  incident: 'opens',
  settings: { window_minutes: 10, min_forged: 10 },
  concerns: (group) => (group.outcome === 'authorised' && group.signs.length > 0 && wrongIn(group).length > 0) || FORGED.has(group.refusal_reason),
  decide(input, settings) {
    const taken = input.activity.filter((group) => group.outcome === 'authorised' && wrongIn(group).length > 0);
    const forged = input.activity.filter((group) => FORGED.has(group.refusal_reason));
    return [
      ...(taken.length === 0 ? [] : [keyDraft(userTokenAnomaly, input, taken, {
        title: 'User tokens were taken that should not exist', episode: `${input.key_id}:taken`,
        summary: `${plural(requestsOf(taken), 'call')} with user tokens that should not exist were taken: ${named(distinct(taken.flatMap(wrongIn)))}`,
      })]),
      ...runsOf(forged, settings.window_minutes, (window) => (requestsOf(window) >= settings.min_forged ? requestsOf(window) : 0)).map((run) => keyDraft(
        userTokenAnomaly, input, run.items, {
          severity: 'medium', title: 'Forged user tokens were tried', episode: `${input.key_id}:forged`,
          summary: `${plural(requestsOf(run.items), 'call')} with user tokens were refused: ${named(distinct(run.items.map((group) => group.refusal_reason)))}`,
          evidence: { window_minutes: settings.window_minutes, seen: run.score },
        })),
    ];
  },
};

const wrongIn = (group: CallerActivity): string[] => (group.signs.length === 0 ? [] :
  Object.entries(WRONG).flatMap(([name, words]) => signsNamed(group, name).map((value) => `${words} ${value}`)));
