import type { KeyInput, Rule } from '../types.js';
import { distinct, plural } from './activity.js';
import { keyDraft, named } from './draft.js';
import { networkOf } from './network.js';

/** One logged request. `at` in epoch milliseconds; paths are without their query; '' and null = not known. */
export interface LoggedRequest {
  at: number;
  address: string;
  method: string;
  path: string;
  user_agent: string;
  node: string;
  bytes_in: number | null;
}

/** A request id that a key used before for another request. */
export interface ReusedId { request_id: string; first: LoggedRequest; again: LoggedRequest }

export interface RequestReplayedInput extends KeyInput {
  /** Ids that came again with the new activity, or before within the hour. */
  reused: readonly ReusedId[];
}

export interface RequestReplayedSettings {
  /** Two gateways in a row log one request, each with its own caller, within this time. */
  hop_ms: number;
  /** A key whose own callers use this many ids again, and more of them than strangers do, does not have unique ids. */
  max_own_reuses: number;
}

export const requestReplayed: Rule<RequestReplayedInput, RequestReplayedSettings> = {
  id: 'request-replayed',
  title: 'A request was sent again by somebody else',
  severity: 'medium',
  fires: 'within about an hour the same call (method and path) of a key came again under the same request id from another network, by another program or with a body of another size; low when only the size differs',
  why: 'Who recorded a request sends it again: the id stays, the caller changes. A changed body under an id that was used says that somebody tries what the first answer allows.',
  response: 'Compare the two requests (the finding names the id). If the second caller is nobody\'s, replace the key and see what else came from there.',
  false_positives: 'A caller that moves between two networks while it tries again, and ids that are not unique. One id for several calls, as of a trace, is none. Keys whose own callers use ids again and again are left out, and so are two gateways that log one request within 10 s.',
  attack: 'T1550 Use Alternate Authentication Material',
  fields: ['key_id', 'request_id, as the client or its gateway set it', 'address', 'user_agent', 'method and path', 'bytes_in (for bodies)'],
  incident: 'opens',
  settings: { hop_ms: 10_000, max_own_reuses: 3 },
  decide(input, settings) {
    const judged = input.reused.map((one) => ({ one, how: howOf(one, settings) }));
    const strange = judged.flatMap(({ one, how }) => (how === 'own' || how === 'hop' ? [] : [{ one, how }]));
    const own = judged.filter(({ how }) => how === 'own').length;
    if (strange.length === 0 || (own >= settings.max_own_reuses && own >= strange.length)) return [];
    const again = strange.map(({ one }) => one.again);
    const groups = input.activity.filter((group) => again.some(({ address, user_agent }) => address === group.address && user_agent === group.user_agent));
    if (groups.length === 0) return [];
    const { first, again: second, request_id } = strange[0]!.one;
    return [keyDraft(requestReplayed, input, groups, {
      severity: strange.every(({ how }) => how === 'body') ? 'low' : 'medium',
      summary: `${plural(strange.length, 'request id')} came again with ${named(distinct(strange.map(({ how }) => WORDS[how])))}: ${request_id} from ${first.address || 'nowhere'}, then from`
        + ` ${second.address || 'nowhere'} (${second.method} ${second.path.slice(0, 120)})`,
      counts: { replayed: strange.length }, evidence: { request_ids: strange.map(({ one }) => one.request_id).slice(0, 50) },
    })];
  },
};

type How = 'network' | 'program' | 'body' | 'own' | 'hop';
const WORDS: Readonly<Record<'network' | 'program' | 'body', string>> = { network: 'another network', program: 'another program', body: 'a body of another size' };

/** `own`: no replay, as of an id that stands for several calls of a trace. */
function howOf({ first, again }: ReusedId, { hop_ms }: RequestReplayedSettings): How {
  if (first.method !== again.method || first.path !== again.path) return 'own';
  const isElsewhere = first.address !== '' && again.address !== '' && networkOf(first.address) !== networkOf(again.address);
  const isOther = first.user_agent !== '' && again.user_agent !== '' && productOf(first.user_agent) !== productOf(again.user_agent);
  if ((isElsewhere || isOther) && Math.abs(again.at - first.at) <= hop_ms && first.node !== again.node) return 'hop';
  if (isElsewhere) return 'network';
  if (isOther) return 'program';
  return first.bytes_in !== null && again.bytes_in !== null && first.bytes_in !== again.bytes_in ? 'body' : 'own';
}

const productOf = (agent: string): string => agent.split(/[/ ]/, 1)[0]!.toLowerCase();
