import { describe, expect, it } from '@jest/globals';
import { RequestLogLine } from '@keytrail/contracts';
import { demoKeys, demoOwners, demoWorkspaces } from './fleet.js';
import { trafficBetween } from './traffic.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const end = Date.UTC(2025, 10, 21, 14, 30, 12, 345);
const keys = demoKeys.map((profile) => ({ profile, keyId: `key_${profile.name}` }));
const weeks = (count: number) => ({ from: end - count * 7 * DAY, to: end });
const timeOf = (line: RequestLogLine) => Date.parse(String(line.time));

const clockInBerlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', weekday: 'short', hour: 'numeric', hourCycle: 'h23' });

function berlin(at: number): { weekend: boolean; hour: number } {
  const parts = clockInBerlin.formatToParts(at);
  const value = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { weekend: ['Sat', 'Sun'].includes(value('weekday')), hour: Number(value('hour')) };
}

describe('demo traffic', () => {
  const week = [...trafficBetween(7, keys, weeks(1))];
  const of = (name: string) => week.filter((line) => line.key_id === `key_${name}`);

  it('gives every key a workspace, an owner and two to six callers', () => {
    expect(demoKeys).toHaveLength(20);
    expect(new Set(demoKeys.map(({ name }) => name)).size).toBe(20);
    for (const key of demoKeys) {
      expect(demoWorkspaces.map(({ workspace_id }) => workspace_id as string)).toContain(key.workspace);
      expect(demoOwners.map(({ name }) => name)).toContain(key.owner);
      expect(key.addresses.length).toBeGreaterThanOrEqual(2);
      expect(key.addresses.length).toBeLessThanOrEqual(6);
    }
  });

  it('writes nothing but valid lines of the native format', () => {
    const seen = new Set<string | undefined>();
    for (const line of trafficBetween(7, keys, { from: end - DAY, to: end })) {
      RequestLogLine.parse(line);
      seen.add(line.key_id);
    }
    expect(seen.size).toBe(keys.length);
  });

  it('comes in time order, inside the span, with no request id twice', () => {
    const times = week.map(timeOf);
    expect(times.every((time, index) => index === 0 || time >= (times[index - 1] as number))).toBe(true);
    expect(times[0]).toBeGreaterThanOrEqual(end - 7 * DAY);
    expect(times.at(-1)).toBeLessThan(end);
    expect(new Set(week.map(({ request_id }) => request_id)).size).toBe(week.length);
  });

  it('is the same for the same seed and another for another', () => {
    const span = { from: end - HOUR, to: end };
    expect([...trafficBetween(7, keys, span)]).toEqual([...trafficBetween(7, keys, span)]);
    expect([...trafficBetween(8, keys, span)]).not.toEqual([...trafficBetween(7, keys, span)]);
  });

  it('joins spans without a seam', () => {
    const cut = end - 1_234_567;
    const joined = [...trafficBetween(7, keys, { from: end - HOUR, to: cut }), ...trafficBetween(7, keys, { from: cut, to: end })];
    expect(joined).toEqual([...trafficBetween(7, keys, { from: end - HOUR, to: end })]);
  });

  it('keeps office keys quiet at night and at weekends', () => {
    const lines = of('backoffice-production');
    expect(lines.length).toBeGreaterThan(1_500);
    for (const line of lines) {
      const { weekend, hour } = berlin(timeOf(line));
      expect(weekend).toBe(false);
      expect(hour).toBeGreaterThanOrEqual(8);
      expect(hour).toBeLessThan(18);
    }
  });

  it('lets cron keys call on their minutes only, at the start of them', () => {
    for (const [name, every] of [['notifications-production', 5], ['crm-sync-production', 15], ['billing-production', 60]] as const) {
      const lines = of(name);
      expect(new Set(lines.map((line) => Math.floor(timeOf(line) / 60_000))).size).toBeGreaterThanOrEqual((7 * 1440) / every - 1);
      for (const line of lines) {
        expect(Math.floor(timeOf(line) / 60_000) % every).toBe(0);
        expect(timeOf(line) % 60_000).toBeLessThan(8_000);
      }
    }
  });

  it('gives daily keys a busy and a quiet part of the day, and flat keys none', () => {
    const share = (name: string, hours: number[]) =>
      of(name).filter((line) => hours.includes(berlin(timeOf(line)).hour)).length / of(name).length;
    expect(share('payments-production', [13, 14, 15])).toBeGreaterThan(2.5 * share('payments-production', [1, 2, 3]));
    expect(share('catalog-production', [13, 14, 15])).toBeCloseTo(share('catalog-production', [1, 2, 3]), 1);
  });

  it('is over-dispersed where it should be', () => {
    const counts = new Map<number, number>();
    for (const line of of('catalog-production')) {
      const hour = Math.floor(timeOf(line) / HOUR);
      counts.set(hour, (counts.get(hour) ?? 0) + 1);
    }
    const values = [...counts.values()];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(variance / mean).toBeGreaterThan(1);
  });

  it('fails seldom, and is hardly ever refused', () => {
    const share = (statuses: (status: number) => boolean) => week.filter(({ status }) => statuses(status)).length / week.length;
    expect(share((status) => status >= 400)).toBeGreaterThan(0.005);
    expect(share((status) => status >= 400)).toBeLessThan(0.03);
    expect(share((status) => status === 401 || status === 403)).toBeGreaterThan(0);
    expect(share((status) => status === 401 || status === 403)).toBeLessThan(0.003);
  });

  it('stays under 400,000 lines in four weeks, all weeks being alike', () => {
    expect(4 * week.length).toBeGreaterThan(200_000);
    expect(4 * week.length).toBeLessThan(400_000);
  });
});
