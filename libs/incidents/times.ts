import type { IncidentTimes, IncidentTimesReport, Severity } from '@keytrail/contracts';

/** When an incident came to what. */
export interface Moments {
  severity: Severity;
  first_seen: Date;
  opened_at: Date;
  acknowledged_at: Date | null;
  contained_at: Date | null;
  /** Null unless it was resolved: a false positive was nothing to recover from. */
  resolved_at: Date | null;
}

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;
const between = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime()) / SECOND;

/** How long it took. Seconds; null where it has not come to that. */
export const timesOf = ({ first_seen, opened_at, acknowledged_at, contained_at, resolved_at }: Moments): IncidentTimes => ({
  to_detect: between(first_seen, opened_at),
  to_acknowledge: acknowledged_at && between(opened_at, acknowledged_at),
  to_contain: contained_at && between(opened_at, contained_at),
  to_resolve: resolved_at && between(opened_at, resolved_at),
});

const kinds = ['to_detect', 'to_acknowledge', 'to_contain', 'to_resolve'] as const;

/** Means, medians and nine tenths of incidents opened in a span: all, by severity, and week by week. */
export function reportTimes(incidents: readonly Moments[], from: Date, to: Date): IncidentTimesReport {
  const bySeverity = new Map<Severity, Moments[]>((['low', 'medium', 'high', 'critical'] as const).map((severity) => [severity, []]));
  const byWeek = new Map<number, Moments[]>();
  for (let week = mondayOf(from.getTime()); week < to.getTime(); week += 7 * DAY) byWeek.set(week, []);
  for (const incident of incidents) {
    bySeverity.get(incident.severity)?.push(incident);
    byWeek.get(mondayOf(incident.opened_at.getTime()))?.push(incident);
  }
  return {
    from: from.toISOString(), to: to.toISOString(), all: figures(incidents),
    by_severity: Object.fromEntries([...bySeverity].map(([severity, some]) => [severity, figures(some)])) as IncidentTimesReport['by_severity'],
    by_week: [...byWeek].map(([week, some]) => ({ week: new Date(week).toISOString(), ...figures(some) })),
  };
}

function figures(incidents: readonly Moments[]) {
  const times = incidents.map(timesOf);
  return { opened: incidents.length, ...Object.fromEntries(kinds.map((kind) => [kind, summed(times.flatMap((one) => one[kind] ?? []))])) as Record<typeof kinds[number], Summed> };
}

type Summed = ReturnType<typeof summed>;

function summed(seconds: number[]) {
  const ordered = [...seconds].sort((a, b) => a - b);
  const at = (share: number): number | null => ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? null;
  const mean = ordered.length === 0 ? null : Math.round(ordered.reduce((sum, one) => sum + one, 0) / ordered.length * 1000) / 1000;
  return { incidents: ordered.length, mean_s: mean, median_s: at(0.5), p90_s: at(0.9) };
}

/** The Monday, UTC, before or at a moment. 1970-01-01 was a Thursday. */
const mondayOf = (time: number): number => Math.floor((time / DAY + 3) / 7) * 7 * DAY - 3 * DAY;
