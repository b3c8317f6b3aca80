import { severityRank, type FindingEvidence, type Severity } from '@keytrail/contracts';

/** A finding and what its incident's timeline last said of it. */
export interface ToldFinding {
  severity: Severity;
  evidence: Pick<FindingEvidence, 'seen' | 'counts'>;
  /** Null when nothing was told yet. */
  told_severity: Severity | null;
  told_count: number;
  told_growths: number;
}

/** A timeline is read by people: growth is told when it is of another order, and only so often. A rise in severity is always told. */
const TIMES_TOLD = 4;
const MOST_GROWTHS = 6;

/** The number that says how large a finding is: what stood out, or what was refused or done in all. */
export const mainCount = ({ seen, counts }: ToldFinding['evidence']): number => Math.max(seen ?? 0, counts.denied ?? counts.requests ?? 0);

const rose = ({ severity, told_severity }: ToldFinding): boolean => told_severity !== null && severityRank[severity] > severityRank[told_severity];

/** Whether a finding that its incident knows has grown so that the timeline should say so. */
export const isWorthTelling = (finding: ToldFinding): boolean =>
  rose(finding) || (finding.told_growths < MOST_GROWTHS && mainCount(finding.evidence) >= TIMES_TOLD * Math.max(1, finding.told_count));

/** What the timeline has said of a finding after it was put into an incident (`known`: it was in it before). */
export function toldAfter(finding: ToldFinding, known: boolean): Pick<ToldFinding, 'told_severity' | 'told_count' | 'told_growths'> {
  const { told_severity, told_count, told_growths } = finding;
  if (known && !isWorthTelling(finding)) return { told_severity, told_count, told_growths };
  return { told_severity: finding.severity, told_count: mainCount(finding.evidence), told_growths: known ? told_growths + 1 : 0 };
}
