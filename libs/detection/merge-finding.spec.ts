import { describe, expect, it } from '@jest/globals';
import { findStory, hasGrown, mergeFinding, type KnownFinding } from './merge-finding.js';
import type { FindingDraft } from './types.js';

const T = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const draft = (overrides: Partial<FindingDraft> = {}): FindingDraft => ({
  rule_id: 'denied-burst', severity: 'high', title: 'Burst', workspace_id: 'acme', key_id: 'key_1', principal: '', addresses: ['192.0.2.1'],
  first_seen: T, last_seen: T + MINUTE, summary: '40 refused', evidence: { request_ids: ['a'], counts: { denied: 40 }, score: 9 }, episode: 'key_1',
  ...overrides,
});
const known = (overrides: Partial<KnownFinding> = {}): KnownFinding => ({
  finding_id: 'fnd_1', ...draft({ summary: '20 refused', evidence: { request_ids: ['z'], counts: { denied: 20 }, score: 6 } }), ...overrides,
});

describe('findStory', () => {
  it('goes on with the finding of the same rule and episode', () => {
    expect(findStory(draft(), [known()])?.finding_id).toBe('fnd_1');
  });

  it.each([
    ['another rule', { rule_id: 'rate-spike' }], ['another workspace', { workspace_id: 'other' }], ['another episode', { episode: 'key_2' }],
    ['one that ended more than an hour before', { first_seen: T - 90 * MINUTE, last_seen: T - 61 * MINUTE }],
  ])('starts anew beside %s', (_, overrides) => {
    expect(findStory(draft(), [known(overrides)])).toBeUndefined();
  });
});

describe('mergeFinding', () => {
  it('tells the whole story once it is known', () => {
    const merged = mergeFinding(known(), draft({ last_seen: T + 5 * MINUTE, addresses: ['192.0.2.9'] }));
    expect(merged).toMatchObject({
      finding_id: 'fnd_1', summary: '40 refused', last_seen: T + 5 * MINUTE, addresses: ['192.0.2.1', '192.0.2.9'],
      evidence: { counts: { denied: 40 }, request_ids: ['z', 'a'] },
    });
  });

  it('keeps the numbers of the peak when the end is quieter', () => {
    const merged = mergeFinding(known(), draft({ first_seen: T + 2 * MINUTE, last_seen: T + 5 * MINUTE, evidence: { request_ids: [], counts: {}, score: 5 } }));
    expect(merged).toMatchObject({ summary: '20 refused', evidence: { score: 6 }, last_seen: T + 5 * MINUTE });
  });

  it('changes nothing when the same draft comes again', () => {
    const once = mergeFinding(known(), draft());
    expect(hasGrown(once, mergeFinding(once, draft()))).toBe(false);
  });

  it('never lowers the severity', () => {
    expect(mergeFinding(known({ severity: 'critical', title: 'Worse' }), draft())).toMatchObject({ severity: 'critical', title: 'Worse' });
  });
});
