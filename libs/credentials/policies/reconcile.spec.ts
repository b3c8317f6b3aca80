import { describe, expect, it } from '@jest/globals';
import { judgeAll, reconcile, type Found, type OpenViolation } from './reconcile.js';
import { goodKey, inDays, now } from './testing.js';

const kept = (fields: Partial<OpenViolation> = {}): OpenViolation => ({
  violation_id: 'vio_1', policy: 'owner-left', severity: 'breach', key_id: 'key_1', kind: 'api_key', workspace_id: 'default', owner_id: 'own_1', summary: 'x',
  since: inDays(-1), due_at: null, ...fields,
});
const { violation_id: _, ...same } = kept();
const found = (violations: Found['violations'], keys = ['key_1'], unknown: string[] = []): Found => ({ keys: new Set(keys), violations, unknown: new Set(unknown) });
const nothing = { open: [], change: [], end: [] };

describe('judgeAll', () => {
  it('finds nothing in a good key, and each violation of a bad one once', () => {
    expect(judgeAll([goodKey()], now)).toEqual({ keys: new Set(['key_1']), violations: [], unknown: new Set() });
    const bad = goodKey({
      name: 'x', created_at: inDays(-200), rotation_due_at: inDays(-20), expires_at: inDays(1), last_used_at: null,
      owner: { owner_id: 'own_1', name: 'Mara', contact: '-', status: 'left', left_at: inDays(-2) },
    });
    expect(judgeAll([bad], now).violations.map(({ policy }) => policy).sort())
      .toEqual(['expiring-soon', 'key-name', 'no-owner', 'owner-left', 'rotation-due', 'unused-key']);
  });
});

describe('reconcile', () => {
  it('opens what is new, leaves what is the same, and ends what is gone', () => {
    expect(reconcile([], found([same]))).toEqual({ ...nothing, open: [same] });
    expect(reconcile([kept()], found([same]))).toEqual(nothing);
    expect(reconcile([kept()], found([]))).toEqual({ ...nothing, end: [{ violation: kept(), end_reason: 'put_right' }] });
  });

  it('says that the key ended where it is not among those looked at', () => {
    expect(reconcile([kept()], found([], []))).toEqual({ ...nothing, end: [{ violation: kept(), end_reason: 'key_ended' }] });
  });

  it('leaves alone what could not be told, unless the key ended', () => {
    const unused = kept({ policy: 'unused-key' });
    expect(reconcile([unused], found([], ['key_1'], ['unused-key key_1']))).toEqual(nothing);
    expect(reconcile([unused], found([], []))).toMatchObject({ end: [{ end_reason: 'key_ended' }] });
    expect(reconcile([], found([], ['key_1'], ['unused-key key_1']))).toEqual(nothing);
  });

  it('changes the one that is open when it becomes graver or its owner another', () => {
    const graver = { ...same, severity: 'warn' as const, owner_id: 'own_2' };
    expect(reconcile([kept()], found([graver]))).toEqual({ ...nothing, change: [{ before: kept(), after: { ...graver, violation_id: 'vio_1' } }] });
  });

  it('keeps the beginning where nobody knows another', () => {
    expect(reconcile([kept()], found([{ ...same, since: null }]))).toEqual(nothing);
  });

  it('tells keys and policies apart', () => {
    const other = { ...same, key_id: 'key_2' };
    const another = { ...same, policy: 'key-name' as const };
    expect(reconcile([kept()], found([same, other, another], ['key_1', 'key_2'])).open).toEqual([other, another]);
  });
});
