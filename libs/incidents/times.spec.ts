import { describe, expect, it } from '@jest/globals';
import { reportTimes, timesOf, type Moments } from './times.js';

const at = (minute: number, day = 2) => new Date(Date.UTC(2026, 2, day, 12, minute));
const moments = (overrides: Partial<Moments> = {}): Moments =>
  ({ severity: 'high', first_seen: at(0), opened_at: at(1), acknowledged_at: null, contained_at: null, resolved_at: null, ...overrides });

describe('times of an incident', () => {
  it('are seconds, and null where it has not come to that', () => {
    expect(timesOf(moments())).toEqual({ to_detect: 60, to_acknowledge: null, to_contain: null, to_resolve: null });
    expect(timesOf(moments({ acknowledged_at: at(2), contained_at: at(4), resolved_at: at(61) }))).toEqual({ to_detect: 60, to_acknowledge: 60, to_contain: 180, to_resolve: 3600 });
  });

  it('are never below zero when clocks disagree', () => {
    expect(timesOf(moments({ first_seen: at(5) })).to_detect).toBe(0);
  });
});

describe('times over time', () => {
  it('are counted over all, by severity and by the week they opened in, weeks without any too', () => {
    const report = reportTimes([
      moments({ contained_at: at(2) }), moments({ contained_at: at(4) }), moments({ contained_at: at(11) }), moments({ severity: 'low', opened_at: at(1, 16), first_seen: at(0, 16) }),
    ], new Date(Date.UTC(2026, 2, 1)), new Date(Date.UTC(2026, 2, 20)));
    expect(report.all).toMatchObject({ opened: 4, to_contain: { incidents: 3, mean_s: 280, median_s: 180, p90_s: 600 }, to_resolve: { incidents: 0, mean_s: null, median_s: null, p90_s: null } });
    expect(report.by_severity.high.opened).toBe(3);
    expect(report.by_severity.critical.opened).toBe(0);
    expect(report.by_week.map(({ week, opened }) => [week.slice(0, 10), opened])).toEqual([['2026-02-23', 0], ['2026-03-02', 3], ['2026-03-09', 0], ['2026-03-16', 1]]);
  });
});
