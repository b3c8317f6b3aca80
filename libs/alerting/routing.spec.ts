import { describe, expect, it } from '@jest/globals';
import { endOfQuiet } from './quiet-hours.js';
import { isSilenced, matchesRoute, type Silenced } from './routing.js';
import { MOST_ATTEMPTS, waitAfter } from './retry.js';
import { NOW, incidentWith, routeTo } from './testing.js';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const quiet = (fields: object = {}) => ({ time_zone: 'UTC', from: '22:00', to: '06:00', days: [...days], except_from: 'critical' as const, ...fields });
const end = (fields: object, at: string) => endOfQuiet(quiet(fields), new Date(at))?.toISOString();

describe('a route', () => {
  it('leads on what is grave enough, and of its workspaces, owners and rules', () => {
    const incident = incidentWith();
    expect(matchesRoute(routeTo('a', { min_severity: 'high', workspaces: ['default'], owner_ids: ['own_1'], rule_ids: ['x', 'denied-burst'] }), incident)).toBe(true);
    for (const fields of [{ min_severity: 'critical' as const }, { workspaces: ['other'] }, { owner_ids: ['own_2'] }, { rule_ids: ['x'] }]) expect([fields, matchesRoute(routeTo('a', fields), incident)]).toEqual([fields, false]);
    expect(matchesRoute(routeTo('a', { owner_ids: ['own_1'] }), incidentWith({ owner: null }))).toBe(false);
  });
});

describe('quiet hours', () => {
  it('end the next morning, on the days they begin on', () => {
    expect(end({}, '2026-03-04T23:30:15Z')).toBe('2026-03-05T06:00:00.000Z');
    expect(end({}, '2026-03-05T05:59:59Z')).toBe('2026-03-05T06:00:00.000Z');
    expect(end({}, '2026-03-05T06:00:00Z')).toBeUndefined();
    expect(end({ days: ['wed'] }, '2026-03-05T05:00:00Z')).toBe('2026-03-05T06:00:00.000Z');
    expect(end({ days: ['thu'] }, '2026-03-05T05:00:00Z')).toBeUndefined();
    expect(end({ from: '12:00', to: '13:00' }, '2026-03-05T12:10:00Z')).toBe('2026-03-05T13:00:00.000Z');
    expect(end({ from: '00:00', to: '00:00' }, '2026-03-05T12:10:00Z')).toBe('2026-03-06T00:00:00.000Z');
  });

  it('follow the clock on the wall of their time zone, also in the night it is changed', () => {
    expect(end({ time_zone: 'Asia/Kolkata' }, '2026-03-04T17:00:00Z')).toBe('2026-03-05T00:30:00.000Z');
    expect(end({ time_zone: 'Europe/Paris' }, '2026-03-28T22:00:00Z')).toBe('2026-03-29T04:00:00.000Z');
    expect(end({ time_zone: 'Europe/Paris' }, '2026-10-24T21:00:00Z')).toBe('2026-10-25T05:00:00.000Z');
  });
});

describe('a silence', () => {
  const silence = (fields: Partial<Silenced>): Silenced => ({ workspace_id: null, incident_id: null, key_id: null, rule_id: null, owner_id: null, starts_at: new Date(0), ends_at: new Date(NOW.getTime() + 1), ...fields });

  it('must hold for every key and rule of an incident', () => {
    const incident = incidentWith({ key_ids: ['a', 'b'], rule_ids: ['r', 's'] });
    expect(isSilenced([silence({ key_id: 'a' })], incident, NOW)).toBe(false);
    expect(isSilenced([silence({ key_id: 'a' }), silence({ key_id: 'b' })], incident, NOW)).toBe(true);
    expect(isSilenced([silence({ key_id: 'a' }), silence({ key_id: 'b', rule_id: 'r' })], incident, NOW)).toBe(false);
    expect(isSilenced([silence({ rule_id: 'r' }), silence({ rule_id: 's' })], incident, NOW)).toBe(true);
    expect(isSilenced([silence({ owner_id: 'own_1', workspace_id: 'default' })], incident, NOW)).toBe(true);
    expect(isSilenced([silence({ owner_id: 'own_1', workspace_id: 'other' })], incident, NOW)).toBe(false);
    expect(isSilenced([silence({ incident_id: 'inc_2' })], incident, NOW)).toBe(false);
  });

  it('ends by itself', () => {
    expect(isSilenced([silence({ incident_id: 'inc_1', ends_at: NOW })], incidentWith(), NOW)).toBe(false);
    expect(isSilenced([silence({ incident_id: 'inc_1', starts_at: new Date(NOW.getTime() + 1) })], incidentWith(), NOW)).toBe(false);
  });
});

describe('attempts', () => {
  const waits = Array.from({ length: MOST_ATTEMPTS - 1 }, (_, index) => waitAfter(index + 1, 0.5)!);

  it('come soon at first, ever more seldom, over days, and end', () => {
    expect(waits[0]).toBe(5_000);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(3 * 24 * 60 * 60_000);
    expect(waitAfter(MOST_ATTEMPTS, 0.5)).toBeUndefined();
  });

  it('are spread, and come no sooner than the receiver asks, within a day', () => {
    expect([waitAfter(1, 0), waitAfter(1, 1)]).toEqual([4_000, 6_000]);
    expect(waitAfter(1, 0.5, 60_000)).toBe(60_000);
    expect(waitAfter(1, 0.5, 10 * 24 * 60 * 60_000)).toBe(24 * 60 * 60_000);
    expect(waitAfter(5, 0.5, 1)).toBe(30 * 60_000);
  });
});
