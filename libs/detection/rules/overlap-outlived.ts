import type { KeyInput, Rule } from '../types.js';
import { isDenied, plural, requestsOf } from './activity.js';
import { keyDraft } from './draft.js';

export interface OverlapOutlivedSettings {
  /** How far the clocks of gateways may be off. */
  tolerance_ms: number;
}

export const overlapOutlived: Rule<KeyInput, OverlapOutlivedSettings> = {
  id: 'overlap-outlived',
  title: 'Old key used after its overlap ended',
  severity: 'medium',
  fires: 'a key whose rotation is not completed was used after the agreed end of its overlap (an old key that was revoked at the end is told by revoked-key-use)',
  why: 'The overlap was the time to move. A key that lives on after it is one too many: nobody watches it as closely as the new one, and what was to end with it has not.',
  response: 'See who still uses it (`GET /v1/containments?key_id=…`, `overlap.callers`), move them to the successor and complete the rotation.',
  false_positives: 'A caller that was to move later by agreement: lengthen the overlap instead of letting it pass.',
  attack: null,
  fields: ['key_id', 'time', 'status or outcome', 'registry: the rotation\'s successor and the end of its overlap'],
  incident: 'opens',
  lasting: true,
  settings: { tolerance_ms: 60_000 },
  decide(input, settings) {
    const overlap = input.key?.overlap;
    if (overlap === undefined || overlap === null) return [];
    const ended = overlap.settled_at ?? Infinity;
    const late = input.activity.filter((group) => !isDenied(group) && group.first_time > overlap.ends_at + settings.tolerance_ms && group.first_time <= ended);
    if (late.length === 0) return [];
    return [keyDraft(overlapOutlived, input, late, {
      summary: `${plural(requestsOf(late), 'call')} with the old key after the end of its overlap on ${new Date(overlap.ends_at).toISOString().slice(0, 16)}Z; ${overlap.successor_id} took its place`,
      episode: `${input.key_id}:${overlap.ends_at}`,
    })];
  },
};
