/** Merges read one column at a time, whatever the size of the parts: with some thirty columns, all at once hold hundreds of megabytes. */
export const leanMerges: readonly string[] = ['request_logs', 'caller_activity'].map((table) => `ALTER TABLE ${table}
  MODIFY SETTING vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 1`);
