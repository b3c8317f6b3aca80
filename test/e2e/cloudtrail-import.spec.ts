import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Activity, FindingPage, Incident, IncidentPage, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { runKeytrail } from '../support/cli.js';
import { clickhouseOf, countsOfKey, sameCounts } from '../support/request-lines.js';

interface TrailEvent {
  requestID: string;
  eventID: string;
  eventName: string;
  sourceIPAddress: string;
  userIdentity: { accessKeyId?: string; invokedBy?: string; arn?: string };
}

/** A capture that stands beside the checkout where the project is worked on; elsewhere the small one of the same shape has to do. */
const besideCheckout = fileURLToPath(new URL('../../../shared/data/cloudtrail/', import.meta.url));
const captures: { name: string; files: string[]; events: number; stolenKey: string; calls: number }[] = [
  {
    name: 'a small capture', files: [fileURLToPath(new URL('../fixtures/cloudtrail-stolen-role.ndjson', import.meta.url))],
    events: 12, stolenKey: 'ASIAEXAMPLESTOLEN001', calls: 7,
  },
];
if (existsSync(besideCheckout)) {
  const files = readdirSync(besideCheckout).filter((name) => name.endsWith('.json')).map((name) => `${besideCheckout}${name}`);
  captures.push({ name: 'the capture of a real theft', files, events: 103, stolenKey: 'ASIA5FLZVX4OPVKKVBMX', calls: 11 });
}

describe.each(captures)('keytrail import --format cloudtrail with $name', ({ files, events: count, stolenKey, calls }) => {
  let app: TestApp;
  let first: { exitCode: number; totals: Record<string, unknown> };
  const events = files.flatMap((file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as TrailEvent));

  async function importCapture() {
    const { exitCode, stdout } = await runKeytrail('import', ...files, '--format', 'cloudtrail', '--json', '--url', app.url, '--token', app.adminToken);
    return { exitCode, totals: JSON.parse(stdout) as Record<string, unknown> };
  }
  beforeAll(async () => {
    app = await startTestApp();
    first = await importCapture();
  });
  afterAll(() => app.stop());

  it('stores every event, and none a second time when the files are imported again', async () => {
    expect(events).toHaveLength(count);
    expect(first).toMatchObject({ exitCode: 0, totals: { received: count, stored: count, dead_lettered: 0, duplicates: 0, errors: [] } });
    expect(await importCapture()).toMatchObject({ exitCode: 0, totals: { received: count, stored: 0, duplicates: count } });
    expect(await clickhouseOf(app).select('SELECT count() AS rows FROM request_logs')).toEqual([{ rows: count }]);
  });

  it('finds every event again by its key', async () => {
    const keyOf = ({ userIdentity }: TrailEvent) => userIdentity.accessKeyId ?? `service:${userIdentity.invokedBy}`;
    const keys = [...new Set(events.map(keyOf))];
    for (const key of keys) {
      const expected = events.filter((event) => keyOf(event) === key);
      const found = await app.call<RequestLogPage>(`/v1/request-logs?limit=1000&key_id=${encodeURIComponent(key)}`);
      expect(found.body.data.map(({ attributes }) => attributes['event_id']).sort()).toEqual(expected.map(({ eventID }) => eventID).sort());
      expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(expected.length));
    }
    expect(keys.length).toBeGreaterThanOrEqual(3);
  });

  it('finds every event again by its request id, also where events share one', async () => {
    for (const id of new Set(events.map(({ requestID }) => requestID))) {
      const found = await app.call<RequestLogPage>(`/v1/request-logs/${encodeURIComponent(id)}`);
      const expected = events.filter(({ requestID }) => requestID === id);
      expect(found.body.data.map(({ attributes, method }) => [attributes['event_id'], method]).sort()).toEqual(expected.map(({ eventID, eventName }) => [eventID, eventName]).sort());
    }
  });

  it('opens an incident that names the stolen key, its role, the address and what gave it away', async () => {
    await app.detect();
    const incidents = await app.call<IncidentPage>(`/v1/incidents?key_id=${stolenKey}`);
    expect(incidents.body.data).toHaveLength(1);
    const incident = (await app.call<Incident>(`/v1/incidents/${incidents.body.data[0]!.incident_id}`)).body;
    const theft = events.find(({ userIdentity }) => userIdentity.accessKeyId === stolenKey)!;
    expect(incident).toMatchObject({
      state: 'open', key_ids: [stolenKey], rule_ids: expect.arrayContaining(['machine-credential-by-hand']), addresses: [theft.sourceIPAddress],
      owner: { name: theft.userIdentity.arn },
    });
    const finding = incident.evidence.find(({ rule_id }) => rule_id === 'machine-credential-by-hand')!;
    expect(finding.evidence.counts['requests']).toBe(calls);
    expect(finding.evidence.user_agents).toEqual([expect.stringMatching(/^aws-cli\/.* Darwin\//)]);
    for (const id of finding.evidence.request_ids) expect(events.find(({ requestID }) => requestID === id)?.userIdentity.accessKeyId).toBe(stolenKey);
    const findings = await app.call<FindingPage>('/v1/findings');
    expect(findings.body.data.filter(({ rule_id }) => rule_id === 'machine-credential-by-hand').map(({ key_id }) => key_id)).toEqual([stolenKey]);
  });

  it('shows what the stolen key did on that day', async () => {
    const { body } = await app.call<Activity>(`/v1/api-keys/${stolenKey}/activity?from=2020-09-14T00:00:00Z&to=2020-09-15T00:00:00Z`);
    expect(body.totals).toMatchObject({ requests: calls, addresses: 1 });
  });
});
