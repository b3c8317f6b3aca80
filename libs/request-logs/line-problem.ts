export const lineProblemCodes = [
  'invalid_json', 'not_an_object', 'invalid_field', 'too_long', 'too_deep', 'too_many_items', 'invalid_utf8', 'time_out_of_range', 'unknown_workspace', 'unknown_format', 'unreadable_batch',
] as const;

/** Stable: stored with dead letters and answered to senders. */
export type LineProblemCode = (typeof lineProblemCodes)[number];

/** Why a line was not stored. `reason` is for people and never holds a value of the line: it could be a secret. */
export interface LineProblem {
  code: LineProblemCode;
  reason: string;
}
