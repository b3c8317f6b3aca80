/** What was found out about a file. `undecided`: nothing is wrong in it, but what was asked cannot be told from it. */
export interface Verdict {
  outcome: 'whole' | 'tampered' | 'undecided';
  /** What is wrong, each with its place. */
  problems: string[];
  /** What is proven, and what cannot be known. */
  notes: string[];
}

export const tampered = (...problems: string[]): Verdict => ({ outcome: 'tampered', problems, notes: [] });
