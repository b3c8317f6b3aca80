import { describe, expect, it } from '@jest/globals';
import type { Severity } from '@keytrail/contracts';
import { riskOf } from './risk.js';

const incident = (incident_id: string, severity: Severity, key_ids: string[], last_seen = '2026-01-01T00:00:00Z') => ({ incident_id, severity, key_ids, last_seen });

describe('keys at risk', () => {
  it('are those of the gravest incidents first, then those of the most', () => {
    const risks = riskOf([incident('a', 'low', ['k1', 'k2']), incident('b', 'high', ['k2']), incident('c', 'low', ['k1']), incident('d', 'low', ['k3'])]);
    expect(risks).toEqual([
      { key_id: 'k2', severity: 'high', incidents: 2, latest: 'b' }, { key_id: 'k1', severity: 'low', incidents: 2, latest: 'a' }, { key_id: 'k3', severity: 'low', incidents: 1, latest: 'd' },
    ]);
  });

  it('lead to the latest of the gravest', () => {
    expect(riskOf([incident('old', 'high', ['k'], '2026-01-01T00:00:00Z'), incident('new', 'high', ['k'], '2026-01-02T00:00:00Z')])[0]).toMatchObject({ latest: 'new', incidents: 2 });
  });

  it('are none without incidents', () => expect(riskOf([])).toEqual([]));
});
