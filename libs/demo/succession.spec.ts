import { describe, expect, it } from '@jest/globals';
import type { RequestLogLine } from '@keytrail/contracts';
import { firstCallerMovesAfterMs, movesAt, newLife, nextCallerMovesAfterMs, observe, settle } from './succession.js';

const at = Date.UTC(2025, 10, 21, 9);
const callers = ['18.184.41.17', '18.184.97.203'];
const line = (offset: number, address = callers[0]): RequestLogLine => ({
  time: new Date(at + offset).toISOString(), request_id: 'r', key_id: 'key_old', method: 'GET', path: '/v1/payments', status: 200, address,
});
const revokedAt = new Date(at).toISOString();
const replaced = observe(newLife('key_old'), { state: 'revoked', revoked_at: revokedAt, replaced_by: 'key_new' }, at + 500);

describe('a key after its revocation', () => {
  it('works as before while it is active', () => {
    const life = observe(newLife('key_old'), { state: 'active', revoked_at: null, replaced_by: null }, at);
    expect(settle(line(0), life, callers)).toEqual(line(0));
  });

  it('is refused from the instant of the revocation, not before', () => {
    expect(settle(line(-1), replaced, callers)).toEqual(line(-1));
    expect(settle(line(0), replaced, callers)).toMatchObject({ key_id: 'key_old', status: 401, refusal_reason: 'revoked' });
  });

  it('lets the callers move to the successor one after the other', () => {
    const first = 500 + firstCallerMovesAfterMs;
    expect(settle(line(first - 1), replaced, callers)).toMatchObject({ key_id: 'key_old', status: 401 });
    expect(settle(line(first), replaced, callers)).toMatchObject({ key_id: 'key_new', status: 200 });
    expect(settle(line(first, callers[1]), replaced, callers)).toMatchObject({ key_id: 'key_old', status: 401 });
    expect(settle(line(first + nextCallerMovesAfterMs, callers[1]), replaced, callers)).toMatchObject({ key_id: 'key_new', status: 200 });
  });

  it('never lets a stranger move', () => {
    expect(settle(line(3_600_000, '203.0.113.24'), replaced, callers)).toMatchObject({ key_id: 'key_old', status: 401 });
  });

  it('stays refused when there is no successor', () => {
    const life = observe(newLife('key_old'), { state: 'revoked', revoked_at: revokedAt, replaced_by: null }, at);
    expect(movesAt(life, 0)).toBe(Infinity);
    expect(settle(line(3_600_000), life, callers)).toMatchObject({ key_id: 'key_old', status: 401 });
  });

  it('leaves other keys alone', () => {
    expect(settle({ ...line(0), key_id: 'key_other' }, replaced, callers)).toEqual({ ...line(0), key_id: 'key_other' });
  });
});
