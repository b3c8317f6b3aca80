import { describe, expect, it } from '@jest/globals';
import { issuedKinds } from '@keytrail/contracts';
import { rotationDue, rotationLimits } from './rotation-due.js';
import { goodKey, inDays, now } from './testing.js';

const made = inDays(-1_000);
const severityAt = (days: number, fields: Parameters<typeof goodKey>[0]) => {
  const judgement = rotationDue.judge(goodKey({ created_at: made, ...fields }), inDays(days, made));
  return typeof judgement === 'string' ? judgement : judgement.severity;
};
const aMoment = 1 / 86_400_000;

describe('rotation-due', () => {
  it.each(['api_key', 'workspace_key', 'public_key', 'signing_key'] as const)('tells a %s fourteen days before its date, and calls it overdue from that moment on', (kind) => {
    const at = (days: number) => severityAt(days, { kind, rotation_due_at: inDays(180, made) });
    expect([at(0), at(166 - aMoment), at(166), at(180 - aMoment), at(180), at(900)]).toEqual(['kept', 'kept', 'warn', 'warn', 'breach', 'breach']);
  });

  it('warns of a service token after six months and calls it overdue after twelve, whatever later date was asked for', () => {
    for (const asked of [180, 300, 365]) {
      const at = (days: number) => severityAt(days, { kind: 'service_token', workspace_id: null, rotation_due_at: inDays(asked, made) });
      expect([at(180 - aMoment), at(180), at(365 - aMoment), at(365)]).toEqual(['kept', 'warn', 'warn', 'breach']);
    }
  });

  it('warns of a service token from an earlier date that was asked for', () => {
    const at = (days: number) => severityAt(days, { kind: 'service_token', workspace_id: null, rotation_due_at: inDays(30, made) });
    expect([at(30 - aMoment), at(30), at(364), at(365)]).toEqual(['kept', 'warn', 'warn', 'breach']);
  });

  it('gives who rotates often a tenth of the length', () => {
    const at = (days: number) => severityAt(days, { rotation_due_at: inDays(10, made) });
    expect([at(9 - aMoment), at(9), at(10)]).toEqual(['kept', 'warn', 'breach']);
  });

  it.each(issuedKinds)('never calls a %s overdue before it is due, however odd its dates', (kind) => {
    for (const days of [-10, 0, 1 / 24, 1, 3_650]) {
      const { due, overdue } = rotationLimits({ kind, created_at: made, rotation_due_at: inDays(days, made) });
      expect(due.getTime()).toBeLessThanOrEqual(overdue.getTime());
    }
  });

  it('says when it began and until when it can be done', () => {
    expect(rotationDue.judge(goodKey({ created_at: inDays(-170), rotation_due_at: inDays(10) }), now)).toEqual({
      severity: 'warn', since: inDays(-4), due_at: inDays(10), summary: 'The API key payments-production of 2025-12-13 is due for rotation, by 2026-06-11 at the latest.',
    });
    expect(rotationDue.judge(goodKey({ created_at: inDays(-200), rotation_due_at: inDays(-20) }), now)).toMatchObject({ severity: 'breach', due_at: inDays(-20) });
  });

  it('is content while a successor takes its place, but not when the old key outlives the longest overlap', () => {
    const overdue = { created_at: inDays(-400), rotation_due_at: inDays(-200) };
    expect(rotationDue.judge(goodKey({ ...overdue, successor_at: inDays(-90 + aMoment) }), now)).toBe('kept');
    expect(rotationDue.judge(goodKey({ ...overdue, successor_at: inDays(-90) }), now)).toMatchObject({ severity: 'breach', since: now, summary: expect.stringContaining('never completed') });
  });
});
