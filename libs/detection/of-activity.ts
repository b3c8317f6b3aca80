import type { CallerActivity, FindingDraft } from './types.js';

/** Who called, where any group says so. */
export function principalOf(activity: readonly CallerActivity[]): string {
  for (const { principal } of activity) if (principal !== '') return principal;
  return '';
}

export const hasSigns = ({ signs }: CallerActivity): boolean => signs.length > 0;

/** What lies in the window that ends with a minute. */
export const within = (activity: readonly CallerActivity[], { minute: last, window_minutes }: { minute: number; window_minutes: number }): CallerActivity[] =>
  activity.filter(({ minute }) => minute <= last && minute > last - window_minutes);

export function earliest(activity: readonly CallerActivity[]): number {
  let first = Infinity;
  for (const { first_time } of activity) if (first_time < first) first = first_time;
  return first;
}

export const lastOf = (activity: readonly CallerActivity[]): number => activity.reduce((last, group) => Math.max(last, group.last_time), -Infinity);
export const lastMinute = (activity: readonly CallerActivity[]): number => activity.reduce((last, group) => Math.max(last, group.minute), -Infinity);

/** Of several drafts of one episode the one that stands out most. */
export function strongest(drafts: readonly FindingDraft[]): readonly FindingDraft[] {
  if (drafts.length === 0) return drafts;
  const byEpisode = new Map<string, FindingDraft>();
  for (const draft of drafts) {
    const key = `${draft.rule_id} ${draft.episode}`;
    const other = byEpisode.get(key);
    if (other === undefined || (draft.evidence.score ?? 0) >= (other.evidence.score ?? 0)) {
      byEpisode.set(key, other === undefined ? draft : { ...draft, first_seen: Math.min(draft.first_seen, other.first_seen) });
    }
  }
  return [...byEpisode.values()];
}
