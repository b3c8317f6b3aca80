import { severityRank, type Severity } from '@keytrail/contracts';

/** Why a key or its owner is under suspicion: a finding or an incident of at least medium severity. Epoch milliseconds. */
export interface Suspicion { title: string; severity: Severity; at: number }

/** The gravest, of those alike the latest. */
export const gravest = (suspicions: readonly Suspicion[]): Suspicion | undefined =>
  [...suspicions].sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || b.at - a.at)[0];
