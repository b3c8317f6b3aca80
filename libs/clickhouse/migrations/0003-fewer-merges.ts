const mergeMoreAtOnce = (table: string) => `ALTER TABLE ${table} MODIFY SETTING merge_selector_base = 12`;

/**
 * Merging was a fifth of what a row cost. With twelve parts a merge instead of five a row is merged a third less often, for a few parts more that a
 * query has to look into.
 */
export const fewerMerges: readonly string[] = ['request_logs', 'request_minutes', 'key_callers', 'caller_activity'].map(mergeMoreAtOnce);
