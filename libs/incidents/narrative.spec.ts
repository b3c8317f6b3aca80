import { describe, expect, it } from '@jest/globals';
import { incidentTitle, titleWithOthers, suggestActions, type Subject } from './narrative.js';

const subject = (overrides: Partial<Subject> = {}): Subject => ({
  key_id: 'key_1', key_name: 'payments-production', principal: '', addresses: ['203.0.113.7'], registered: true, revoked: false, ...overrides,
});
const span = { workspace_id: 'acme', incident_id: 'inc_1', first_seen: Date.UTC(2026, 2, 1), last_seen: Date.UTC(2026, 2, 1, 1), severity: 'high' as const };

describe('incidentTitle', () => {
  it('names the key, by name if it has one', () => {
    expect(incidentTitle('Spike', subject())).toBe('Spike: payments-production');
    expect(incidentTitle('Spike', subject({ key_name: '' }))).toBe('Spike: key_1');
  });

  it('names the caller when no key is known', () => {
    expect(incidentTitle('Probing', subject({ key_id: '' }))).toBe('Probing from 203.0.113.7');
  });
});

describe('titleWithOthers', () => {
  it.each<[string, string[], string]>([
    ['key_1', ['key_1'], 'Spike: pay'], ['key_1', ['key_1', 'key_2'], 'Spike: pay and 1 more key'],
    ['key_3', ['key_1', 'key_2', 'key_3'], 'Spike: pay and 2 more keys'], ['', [], 'Spike: pay'], ['', ['key_1', 'key_2'], 'Spike: pay, with 2 keys'],
  ])('says for a title of %j how many of %j it leaves out', (titleKey, keys, title) => {
    expect(titleWithOthers('Spike: pay', titleKey, keys)).toBe(title);
  });
});

describe('suggestActions', () => {
  it('puts revoke-and-replace first for a live registered key, with the call that does it', () => {
    expect(suggestActions([subject()], span)[0]?.call)
      .toBe('POST /v1/api-keys/key_1/revoke-and-replace {"reason":"…","incident_id":"inc_1"}');
  });

  it('names the path of the kind', () => {
    expect(suggestActions([subject({ kind: 'service_token' })], span)[0]?.call).toContain('POST /v1/service-tokens/key_1/revoke-and-replace');
  });

  it('does not suggest to revoke what is revoked', () => {
    expect(suggestActions([subject({ revoked: true })], span).map(({ call }) => call)).not.toContainEqual(expect.stringContaining('revoke-and-replace'));
  });

  it('says that a foreign key must be disabled where it was issued, and whose it is', () => {
    const [first] = suggestActions([subject({ registered: false, key_name: '', principal: 'arn:aws:iam::1:role/web' })], span);
    expect(first).toMatchObject({ title: 'Disable key_1 where it was issued', call: null });
    expect(first?.why).toContain('arn:aws:iam::1:role/web');
  });

  it('has something to look at when only a caller is known', () => {
    expect(suggestActions([subject({ key_id: '', registered: false })], span)).toHaveLength(1);
  });
});
