import { describe, expect, it } from '@jest/globals';
import { DetectionFinding, type IncidentSummary } from '@keytrail/contracts';
import { detectionFinding, type FindingMoment } from './detection-finding.js';

const at = '2026-03-04T12:00:00.000Z';
const incident: IncidentSummary = {
  incident_id: 'inc_1', workspace_id: 'default', title: 'Burst', severity: 'high', state: 'open', owner: { owner_id: 'own_1', name: 'Payments', contact: null }, key_ids: ['key_1'], addresses: ['203.0.113.7'],
  rule_ids: ['denied-burst', 'rate-spike'], findings: 2, first_seen: at, last_seen: at, opened_at: at, updated_at: at, acknowledged_at: null, contained_at: null, closed_at: null, merged_into: null,
};
const finding = (fields: Partial<IncidentSummary> = {}, moment: Partial<FindingMoment> = {}) => detectionFinding({
  uid: 'dlv_1', incident: { ...incident, ...fields }, isNew: false, at: new Date(at), now: new Date(at), message: 'm', what_happened: ['one', 'two'], what_to_do: [{ title: 'Revoke', why: '', call: 'POST /x' }], url: null, ...moment,
});

describe('a Detection Finding', () => {
  it('is of class 2004, created, updated and closed with the incident', () => {
    expect(finding({}, { isNew: true })).toMatchObject({ class_uid: 2004, category_uid: 2, activity_id: 1, type_uid: 200401, severity_id: 4, status_id: 1, is_alert: true, metadata: { uid: 'dlv_1', product: { name: 'Keytrail' } }, finding_info: { uid: 'inc_1' } });
    expect(finding({ state: 'acknowledged' })).toMatchObject({ activity_id: 2, type_uid: 200402, status_id: 2 });
    expect(finding({ state: 'resolved' }, { isNew: true })).toMatchObject({ activity_id: 3, type_uid: 200403, status_id: 4 });
    expect(finding({ state: 'false_positive' })).toMatchObject({ activity_id: 3, status_id: 3, is_alert: false });
  });

  it('says who, where, by which rules and what to do, in the places that OCSF has for that', () => {
    expect(finding()).toMatchObject({
      resources: [{ uid: 'key_1', owner: { name: 'Payments', uid: 'own_1' } }], evidences: [{ src_endpoint: { ip: '203.0.113.7' } }], time: Date.parse(at), remediation: { desc: 'Revoke: POST /x' },
      finding_info: { desc: 'one\ntwo', analytic: { type_id: 1, uid: 'denied-burst' }, related_analytics: [{ uid: 'rate-spike' }] },
    });
    for (const one of [finding(), finding({ owner: null, key_ids: [], addresses: [], rule_ids: [] }, { what_to_do: [], url: 'https://k.example/incidents/inc_1' })]) expect(DetectionFinding.parse(one)).toEqual(one);
  });
});
