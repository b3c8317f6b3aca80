import { describe, expect, it } from '@jest/globals';
import { NOW, changeOf, eventWith } from '../testing.js';
import { alertmanagerAlerts } from './alertmanager.js';

interface Alert { labels: Record<string, string>; annotations: Record<string, string>; startsAt: string; endsAt: string }
const alerts = (...args: Parameters<typeof eventWith>) => alertmanagerAlerts(eventWith(...args), NOW) as Alert[];

describe('alerts for Alertmanager', () => {
  it('stand until the incident is over, under labels that do not change', () => {
    const [open] = alerts();
    const [closed] = alerts({ state: 'resolved' }, [changeOf('state')]);
    expect(open!.labels).toEqual(closed!.labels);
    expect(open!.labels).toEqual({ alertname: 'KeytrailIncident', incident_id: 'inc_1', workspace: 'default', severity: 'high' });
    expect(new Date(open!.endsAt).getTime()).toBeGreaterThan(NOW.getTime() + 7 * 24 * 60 * 60_000);
    expect(closed!.endsAt).toBe(NOW.toISOString());
  });

  it('end the alert of the former severity when it rose', () => {
    expect(alerts({ severity: 'critical' }, [changeOf('severity', { severity: 'high' })]).map(({ labels, endsAt }) => [labels['severity'], endsAt === NOW.toISOString()])).toEqual([['high', true], ['critical', false]]);
  });
});
