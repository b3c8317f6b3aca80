import { describe, expect, it } from '@jest/globals';
import type { KnownFinding } from './merge-finding.js';
import { StepFindings } from './step-findings.js';
import type { FindingDraft } from './types.js';

const T = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const draft = (minute: number, overrides: Partial<FindingDraft> = {}): FindingDraft => ({
  rule_id: 'denied-burst', severity: 'high', title: 'Burst', workspace_id: 'acme', key_id: 'key_1', principal: '', addresses: [],
  first_seen: T + minute * MINUTE, last_seen: T + (minute + 1) * MINUTE, summary: `at ${minute}`, evidence: { request_ids: [`r${minute}`], counts: {} },
  episode: 'key_1', ...overrides,
});
const open = async (...stored: KnownFinding[]) => {
  const findings = new StepFindings();
  await findings.goingOn('acme', 'key_1', async () => stored);
  return findings;
};

describe('StepFindings', () => {
  it('makes one finding of a story that runs through several slices', async () => {
    const findings = await open();
    for (const minute of [0, 10, 20]) findings.take(draft(minute));
    const { added, extended } = findings.changes();
    expect(extended).toEqual([]);
    expect(added).toHaveLength(1);
    expect(added[0]).toMatchObject({ first_seen: T, last_seen: T + 21 * MINUTE, evidence: { request_ids: ['r0', 'r10', 'r20'] } });
  });

  it('makes two of stories that lie far apart', async () => {
    const findings = await open();
    for (const minute of [0, 200]) findings.take(draft(minute));
    expect(findings.changes().added).toHaveLength(2);
  });

  it('extends what is stored, and only what has grown', async () => {
    const [grown, idle] = [{ ...draft(-5), finding_id: 'fnd_1' }, { ...draft(-5, { episode: 'other' }), finding_id: 'fnd_2' }];
    const findings = await open(grown, idle);
    findings.take(draft(0));
    const { added, extended } = findings.changes();
    expect(added).toEqual([]);
    expect(extended).toEqual([expect.objectContaining({ finding_id: 'fnd_1', first_seen: T - 5 * MINUTE, last_seen: T + MINUTE })]);
  });

  it('reads the stored findings of a subject once', async () => {
    const findings = await open();
    await findings.goingOn('acme', 'key_1', () => Promise.reject(new Error('asked again')));
  });
});
