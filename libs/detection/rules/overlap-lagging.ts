import type { Rule } from '../types.js';
import { plural } from './activity.js';

/** A rotation whose overlap is about to end, and how both keys were used of late. Times are epoch milliseconds. */
export interface EndingOverlap {
  workspace_id: string;
  key_id: string;
  name: string;
  owner_name: string;
  successor_id: string;
  started_at: number;
  ends_at: number;
  /** Calls that were not refused, within the last `hours`. */
  old_requests: number;
  new_requests: number;
  hours: number;
}

export interface OverlapLaggingInput { workspace_id: string; key_id: string; overlap: EndingOverlap; now: number }

export interface OverlapLaggingSettings {
  /** The last part of an overlap, in percent of its length. */
  last_percent: number;
  min_requests: number;
  /** Of all calls with either key. */
  max_old_percent: number;
}

export const overlapLagging: Rule<OverlapLaggingInput, OverlapLaggingSettings> = {
  id: 'overlap-lagging',
  title: 'Old key still dominant near the end of its overlap',
  severity: 'medium',
  fires: 'in the last quarter of a rotation\'s overlap more than half of the calls are still made with the old key (10 calls at least)',
  why: 'When the overlap ends, these callers break, or the old key stays alive because nobody dares to revoke it.',
  response: 'Ask the owner when the rest moves (`overlap.callers` of the containment says who has not), or lengthen the overlap before it ends.',
  false_positives: 'A move that is planned for the last day.',
  attack: null,
  fields: ['key_id', 'status or outcome', 'registry: the rotation\'s successor, the start and the end of its overlap'],
  incident: 'apart',
  lasting: true,
  settings: { last_percent: 25, min_requests: 10, max_old_percent: 50 },
  decide({ overlap, now }, settings) {
    const { workspace_id, key_id, started_at, ends_at, old_requests, new_requests, hours } = overlap;
    const asked = ends_at - (ends_at - started_at) * settings.last_percent / 100;
    const all = old_requests + new_requests;
    if (now < asked || now >= ends_at || all < settings.min_requests || old_requests * 100 <= all * settings.max_old_percent) return [];
    const percent = Math.round(old_requests / all * 100);
    return [{
      rule_id: overlapLagging.id, severity: overlapLagging.severity, title: overlapLagging.title, workspace_id, key_id, principal: overlap.owner_name, addresses: [],
      first_seen: asked, last_seen: asked,
      summary: `${percent} % of ${plural(all, 'call')} in the last ${plural(hours, 'hour')} were still made with ${overlap.name}, whose overlap with ${overlap.successor_id} ends on`
        + ` ${new Date(ends_at).toISOString().slice(0, 16)}Z`,
      evidence: { request_ids: [], counts: { requests: all, old_key: old_requests, new_key: new_requests } }, episode: `${key_id}:${started_at}`,
    }];
  },
};
