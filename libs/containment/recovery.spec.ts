import { describe, expect, it } from '@jest/globals';
import type { CallerEvidence } from './caller-evidence.js';
import { recoveryOf } from './recovery.js';

const REVOKED = Date.parse('2026-03-01T12:00:00Z');
const NOW = REVOKED + 3_600_000;
const min = (minutes: number) => REVOKED + minutes * 60_000;
const at = (minutes: number) => new Date(min(minutes)).toISOString();

const caller = (fields: Partial<CallerEvidence>): CallerEvidence => ({
  network: '192.0.2.0/24', user_agent: 'orders/1', before: 10, last_before: min(-1), old_accepted: 0, old_refused: 0, first_old_refused: null, last_old: null,
  new_accepted: 0, first_new_accepted: null, last_new_accepted: null, new_refused: 0, first_new_refused: null, last_new_refused: null, ...fields,
});
const refusedOnOld = (first: number, last: number) => ({ old_refused: 2, first_old_refused: min(first), last_old: min(last) });
const acceptedOnNew = (first: number, last: number) => ({ new_accepted: 2, first_new_accepted: min(first), last_new_accepted: min(last) });
const refusedOnNew = (first: number, last: number) => ({ new_refused: 2, first_new_refused: min(first), last_new_refused: min(last) });
const standing = (fields: Partial<CallerEvidence>, now = NOW) => {
  const [shown] = recoveryOf([caller(fields)], true, now).callers;
  return shown && { state: shown.state, on: shown.on, since: shown.since };
};

describe('the recovery of a caller', () => {
  it.each([
    ['nothing since', {}, { state: 'silent', on: null, since: at(-1) }],
    ['refused and never came back', refusedOnOld(1, 2), { state: 'failing', on: 'old', since: at(1) }],
    ['refused, then moved', { ...refusedOnOld(1, 2), ...acceptedOnNew(3, 40) }, { state: 'healthy', on: null, since: at(3) }],
    ['moved without a refusal', acceptedOnNew(3, 40), { state: 'healthy', on: null, since: at(3) }],
    ['moved, and fell back to the old key', { ...acceptedOnNew(3, 10), ...refusedOnOld(20, 30) }, { state: 'failing', on: 'old', since: at(20) }],
    ['half of a fleet moved', { ...acceptedOnNew(3, 60), ...refusedOnOld(1, 59.5) }, { state: 'failing', on: 'old', since: at(1) }],
    ['the rest of the fleet moved a while ago', { ...acceptedOnNew(3, 60), ...refusedOnOld(1, 50) }, { state: 'healthy', on: null, since: at(3) }],
    ['refused on the new key', refusedOnNew(5, 9), { state: 'failing', on: 'new', since: at(5) }],
    ['good on the new key, then refused', { ...acceptedOnNew(3, 8), ...refusedOnNew(9, 10) }, { state: 'failing', on: 'new', since: at(9) }],
    ['refused on the new key, then good', { ...acceptedOnNew(6, 12), ...refusedOnNew(5, 5) }, { state: 'healthy', on: null, since: at(6) }],
    ['accepted on the old key, which is a failed proof and no recovery', { old_accepted: 1, last_old: min(4) }, { state: 'failing', on: 'old', since: at(4) }],
  ])('%s', (_, fields, expected) => {
    expect(standing(fields)).toEqual(expected);
  });

  it('leaves out who never used the old key, and keeps who tried it after the revocation only, as unknown', () => {
    const { callers } = recoveryOf([caller({ before: 0, last_before: null, ...acceptedOnNew(1, 2) }), caller({ before: 0, last_before: null, network: '198.51.100.0/24', ...refusedOnOld(1, 2) })], true, NOW);
    expect(callers).toEqual([expect.objectContaining({ network: '198.51.100.0/24', known: false, state: 'failing' })]);
  });

  it('is whole when every known caller is healthy, and only if all were looked at', () => {
    const healthy = caller(acceptedOnNew(1, 2));
    const stranger = caller({ before: 0, last_before: null, ...refusedOnOld(1, 2) });
    expect(recoveryOf([healthy, stranger], true, NOW)).toMatchObject({ recovered: true, healthy: 1, failing: 1, silent: 0 });
    expect(recoveryOf([healthy], false, NOW).recovered).toBe(false);
    expect(recoveryOf([healthy, caller({})], true, NOW)).toMatchObject({ recovered: false, silent: 1 });
  });
});
