import { describe, expect, it } from '@jest/globals';
import { RemoteKey, RemoteKeyPage } from './remote-key.js';

const AT = '2026-03-01T12:00:00.000Z';

describe('a key as a platform tells of it', () => {
  it('is read under the names that platforms use', () => {
    for (const raw of [
      { id: 'k1', name: 'pay', owner: 'Payments', environment: 'production', created_at: AT, expires_at: AT, revoked_at: null, last_used_at: AT, scopes: ['a', 'b'] },
      { keyId: 'k1', label: 'pay', owner: { name: 'Payments', email: 'p@example.com' }, env: 'production', createdAt: Date.parse(AT), expiresAt: Date.parse(AT) / 1_000, lastUsedAt: AT, scope: 'a b' },
      { data: { id: 'k1', display_name: 'pay', owner_name: 'Payments', stage: 'production', created: String(Date.parse(AT)), expiry: AT, last_used: AT, permissions: ['a', 'b'] } },
    ]) {
      expect(RemoteKey.parse(raw)).toMatchObject({
        id: 'k1', name: 'pay', owner: { name: 'Payments' }, environment: 'production', scopes: ['a', 'b'], dead: false, created_at: new Date(AT), expires_at: new Date(AT), last_used_at: new Date(AT), revoked_at: null,
      });
    }
  });

  it('needs nothing but an id', () => {
    expect(RemoteKey.parse({ id: 7 })).toMatchObject({ id: '7', dead: false, metadata: {}, created_at: null });
  });

  it.each([
    ['revoked at a time', { revoked_at: AT }, true], ['called revoked', { status: 'REVOKED' }, true], ['switched off', { enabled: false }, true], ['not active', { active: false }, true],
    ['expired, which is not revoked', { state: 'expired', active: false }, false], ['revoked at the beginning of a calendar', { revoked_at: '0001-01-01T00:00:00Z' }, false],
    ['revoked at nothing', { revoked_at: '' }, false],
  ])('is dead or not: %s', (_, raw, dead) => {
    expect(RemoteKey.parse({ id: 'k', ...raw }).dead).toBe(dead);
  });

  it('is not read when its id could climb out of a path, or a time is none', () => {
    for (const id of ['', '.', '..', '../x', 'a/b', 'a b', 'a\u0000', 'x'.repeat(129), '?x', '#x', '%2e%2e', null, {}, 1.5]) expect([id, RemoteKey.safeParse({ id }).success]).toEqual([id, false]);
    for (const raw of [{ revoked_at: 'yesterday' }, { expires_at: {} }, { created_at: Number.NaN }]) expect(RemoteKey.safeParse({ id: 'k', ...raw }).success).toBe(false);
  });

  it('has its text cut and cleaned', () => {
    expect(RemoteKey.parse({ id: 'k', name: `a\u0000b\n${'x'.repeat(500)}`, owner: { email: ' them@example.com ' } })).toMatchObject({ name: expect.stringMatching(/^a b x{116}$/), owner: { name: 'them@example.com', contact: 'them@example.com' } });
  });
});

describe('a page of keys', () => {
  it('is a list, or an object with one and with a cursor', () => {
    expect(RemoteKeyPage.parse([{ id: 'a' }])).toMatchObject({ keys: [{ id: 'a' }], unreadable: 0, cursor: null });
    for (const raw of [{ data: [{ id: 'a' }], next_cursor: 'n' }, { items: [{ id: 'a' }], meta: { next: 'n' } }, { api_keys: [{ id: 'a' }], nextPageToken: 'n' }]) {
      expect(RemoteKeyPage.parse(raw)).toMatchObject({ keys: [{ id: 'a' }], cursor: 'n' });
    }
  });

  it('counts what it cannot read, and is refused when it is no page at all: no keys is not the same as no answer', () => {
    expect(RemoteKeyPage.parse({ data: [{ id: 'a' }, { id: '..' }, null, 'x'] })).toMatchObject({ keys: [{ id: 'a' }], unreadable: 3 });
    for (const raw of [null, 'x', {}, { error: 'no' }, { data: {} }, { data: 'x' }]) expect(RemoteKeyPage.safeParse(raw).success).toBe(false);
  });
});
